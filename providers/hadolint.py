"""Findings of the program `hadolint`, where it is installed: it reads a text and runs nothing."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SECONDS = 3.0
MOST_FINDINGS = 500
_MOST_BYTES = 2**20  # of what it prints


class LintFailed(Exception):
    """It gave no findings; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a rule found at a line, counted from 1; `level` is error, warning, info or style."""

    code: str
    line: int
    level: str
    message: str


def program() -> Path | None:
    """Return the program: that beside Mobula's Python, or one on the PATH."""
    found = shutil.which(Path(sys.executable).parent / "hadolint") or shutil.which("hadolint")
    return Path(found) if found else None


def findings(text: str, *, ignored: Sequence[str] = ()) -> list[Finding]:
    """Return what it finds in a Dockerfile, at most 500 findings; raises `LintFailed`."""
    path = program()
    if path is None:
        raise LintFailed("hadolint is not installed.")
    words = [str(path), "--no-fail", "--format", "json"]
    words += [word for code in ignored for word in ("--ignore", code)]
    return _read(_printed([*words, "-"], text, SECONDS))


def _printed(command: list[str], text: str, seconds: float) -> bytes:
    # In an empty folder and with no home: no configuration of the host's is read.
    with tempfile.TemporaryDirectory(prefix="mobula-lint-") as empty:
        output = Path(empty) / "output"
        with output.open("wb") as printed:
            try:
                status = subprocess.run(
                    command,
                    input=text.encode(),
                    stdout=printed,
                    stderr=subprocess.DEVNULL,
                    cwd=empty,
                    env={"LC_ALL": "C.UTF-8", "HOME": empty},
                    timeout=seconds,
                    check=False,
                ).returncode
            except subprocess.TimeoutExpired as error:
                raise LintFailed(f"hadolint did not finish within {seconds:.0f} s.") from error
            except OSError as error:
                raise LintFailed(f"hadolint cannot be started: {error.strerror}.") from error
        if status:
            raise LintFailed(f"hadolint ended with exit status {status}.")
        with output.open("rb") as printed:
            return printed.read(_MOST_BYTES + 1)


def _read(printed: bytes) -> list[Finding]:
    if len(printed) > _MOST_BYTES:
        raise LintFailed("hadolint found more than can be shown.")
    try:
        return [
            Finding(
                code=str(one["code"]),
                line=int(one["line"]),
                level=str(one["level"]),
                message=str(one["message"]),
            )
            for one in json.loads(printed)[:MOST_FINDINGS]
        ]
    except (ValueError, LookupError, TypeError) as error:
        raise LintFailed("hadolint answered with something else than findings.") from error
