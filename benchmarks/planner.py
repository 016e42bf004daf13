"""Our planner beside Ray's two schedulers and a lower bound: cost, time, and whether plans hold.

`python -m benchmarks.planner --only-ours` is the quick round; docs/benchmarks.md says the rest.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from benchmarks import report
from benchmarks.planning.bounds.best import Bounds
from benchmarks.planning.instances.choice import NAMES, instances
from benchmarks.planning.ray_figures import RayFigures
from benchmarks.planning.ray_schedulers import SCHEDULERS
from benchmarks.planning.rows import HEADING, Row, line, row
from benchmarks.planning.summary import lines, summary

BOUNDS = report.DIRECTORY / "planner_bounds.json"
RAY = report.DIRECTORY / "planner_ray.json"


def main() -> int:
    """Measure all that was asked for; return 1 if a plan does not hold."""
    options = _options()
    report.DIRECTORY.mkdir(parents=True, exist_ok=True)
    rows = _measured(options)
    figures = summary(rows)
    print("\n".join(lines(figures)))
    report.write(
        "planner_summary",
        goal=1.01,
        value=figures["ours_to_bound"]["all"] or 0,
        unit="cost of our plans ÷ lower bound",
        machine=report.machine(),
        **figures,
    )
    return 1 if figures["not_verified"] else 0


def _measured(options: argparse.Namespace) -> list[Row]:
    bounds, ray = Bounds(BOUNDS), _ray(options)
    ray_from = "" if ray is None else str(options.ray_from or "this run")
    rows = []
    print(HEADING)
    for instance in instances(
        options.traces, sizes=options.sizes, types=options.types, seeds=options.seeds
    ):
        figures = {
            version: ray.figure(instance, version) if ray else None for version in SCHEDULERS
        }
        rows.append(row(instance, bound=bounds.of(instance), ray=figures, ray_from=ray_from))
        # At once: a run that is ended leaves what it has.
        (report.DIRECTORY / "planner.json").write_text(json.dumps(rows, indent=1) + "\n")
        print(line(rows[-1]), flush=True)
    return rows


def _ray(options: argparse.Namespace) -> RayFigures | None:
    """Return where Ray's figures come from: nowhere, a file, or Ray itself."""
    if options.only_ours:
        return None
    if options.ray_from:
        return RayFigures(options.ray_from, timeout=options.timeout, ask=False)
    RAY.unlink(missing_ok=True)
    return RayFigures(RAY, timeout=options.timeout)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.planner", description=__doc__)
    parser.add_argument("--sizes", type=_numbers, default=(10, 50, 200, 1_000, 10_000))
    parser.add_argument("--types", type=_numbers, default=(20, 100))
    parser.add_argument("--seeds", type=_numbers, default=(1, 2, 3, 4, 5))
    parser.add_argument("--traces", type=_names, default=NAMES, help=",".join(NAMES))
    parser.add_argument("--timeout", type=float, default=60, help="seconds for one of Ray's")
    parser.add_argument("--only-ours", action="store_true", help="leave Ray out")
    parser.add_argument("--ray-from", type=Path, help="a file that planning.ray_figures wrote")
    return parser.parse_args()


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def _names(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if unknown := set(names) - set(NAMES):
        wrong, right = ", ".join(sorted(unknown)), ", ".join(NAMES)
        raise argparse.ArgumentTypeError(f"There is no trace {wrong}. Choose of: {right}.")
    return names


if __name__ == "__main__":
    sys.exit(main())
