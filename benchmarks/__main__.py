"""`python -m benchmarks [NAME …]`: run the benchmarks and print one table.

Each runs in a process of its own and writes var/bench/NAME.json; docs/benchmarks.md says how each
figure is taken.
"""

import subprocess
import sys

from benchmarks.report import DIRECTORY, table
from tests.guard import guarded_process

NAMES = (
    "head_start",
    "scale_out",
    "pages",
    "promotions",
    "samples",
    "validate",
    "editor",
    "planner",
    "optimum",
    "sign_in",
    "fairness",
    "audit",
    "fleet",
    "burst",
    "build_log",
    "images",
)


def main() -> int:
    """Run the named benchmarks, by default all; return 1 if one of them broke."""
    names = sys.argv[1:] or NAMES
    if unknown := set(names) - set(NAMES):
        print(f"There is no benchmark {', '.join(sorted(unknown))}. Choose of: {', '.join(NAMES)}.")
        return 2
    broken = [name for name in names if not _passes(name)]
    print(table(names))
    print(f"Details: {DIRECTORY}/*.json")
    for name in broken:
        print(f"{name} broke: see above.")
    return 1 if broken else 0


def _passes(name: str) -> bool:
    print(f"== {name}", flush=True)
    process = subprocess.Popen([sys.executable, "-m", f"benchmarks.{name}"])
    with guarded_process(process):
        return process.wait() == 0


if __name__ == "__main__":
    sys.exit(main())
