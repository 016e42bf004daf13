"""Run the agent's contract tests with other versions of Ray: ``make agent-matrix``.

    python tests/agent/matrix.py [RAY@PYTHON ...]      default: the oldest and the newest we support

Each version gets a virtual environment of its own below MOBULA_HOME (default ``var/``), kept for
the next run. The tests themselves run in this environment; only the nodes and the agent use it.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
OLDEST, NEWEST = "2.8.0@3.11", "2.60.0@3.13"
# Ray 2.8's wheel does not declare what it imports, nor how old it has to be: without these the
# node or its dashboard dies, or the dashboard sees no nodes and takes no jobs.
UNDECLARED = {"2.8.0": ["async_timeout", "setuptools<81", "protobuf<5"]}
TESTS = ["tests/agent/test_contract.py", "-m", "ray"]


def environment(ray: str, python: str) -> Path:
    """Return the directory of a virtual environment with this Ray on this Python."""
    home = Path(os.environ.get("MOBULA_HOME", ROOT / "var"))
    directory = home / "agent-matrix" / f"ray-{ray}-py{python}"
    if not (directory / "bin" / "ray").exists():
        uv = Path(sys.executable).with_name("uv")
        interpreter = shutil.which(f"python{python}") or python
        _run(uv, "venv", "--clear", "--python", interpreter, directory)
        packages = [f"ray[default]=={ray}", *UNDECLARED.get(ray, [])]
        _run(uv, "pip", "install", "--python", directory / "bin" / "python", *packages)
    return directory


def passes(ray: str, python: str) -> bool:
    """Run the contract tests with this Ray and say whether all passed."""
    nodes_ray = environment(ray, python).absolute() / "bin" / "ray"
    print(f"== Ray {ray} on Python {python}", flush=True)  # noqa: T201
    command = [sys.executable, "-m", "pytest", *TESTS]
    chosen = {**os.environ, "MOBULA_TEST_RAY": str(nodes_ray)}
    return subprocess.run(command, cwd=ROOT, env=chosen, check=False).returncode == 0


def main() -> int:
    """Test every chosen version, also after one failed, and return 0 if all passed."""
    chosen = [version.split("@") for version in sys.argv[1:] or [OLDEST, NEWEST]]
    results = {f"{ray} on Python {python}": passes(ray, python) for ray, python in chosen}
    for name, passed in results.items():
        print(f"Ray {name}: {'passed' if passed else 'FAILED'}")  # noqa: T201
    return 0 if all(results.values()) else 1


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True)


if __name__ == "__main__":
    sys.exit(main())
