"""What the terminal shows while things are installed: short lines, and output only on failure."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(log: Path, command: str) -> subprocess.CompletedProcess[str]:
    """Run a step as the tools do, and a line after it."""
    script = f'set -eu; . tools/quietly.sh; noisy() {{ {command}; }}; quietly "$1" noisy; echo next'
    return subprocess.run(
        ["sh", "-c", script, "sh", str(log)], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_output_of_a_step_goes_to_its_log_alone(tmp_path: Path) -> None:
    log = tmp_path / "install.log"
    done = run(log, "echo a warning; echo another >&2")
    assert (done.returncode, done.stdout, done.stderr) == (0, "next\n", "")
    assert log.read_text() == "a warning\nanother\n"


def test_step_that_fails_shows_the_end_of_its_output_and_where_the_rest_is(
    tmp_path: Path,
) -> None:
    log = tmp_path / "install.log"
    failed = run(log, "seq 1 100; echo no such package >&2; return 3")
    assert failed.returncode == 3
    assert failed.stdout == ""  # nothing comes after it
    lines = failed.stderr.splitlines()
    assert lines[0] == "mobula: this step failed. The end of its output:"
    assert lines[-2:] == ["    no such package", f"All of it: {log}"]
    assert len(lines) == 22
    assert log.read_text().startswith("1\n2\n")


def test_log_holds_all_steps_of_one_run(tmp_path: Path) -> None:
    log = tmp_path / "install.log"
    run(log, "echo first")
    run(log, "echo second")
    assert log.read_text() == "first\nsecond\n"
