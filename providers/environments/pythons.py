"""The Pythons of this machine that an environment can be made from."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_SECONDS = 20
_RELEASE = re.compile(r"3\.\d+\.\d+\Z")


@dataclass(frozen=True, slots=True, order=True)
class Interpreter:
    """A Python: its version such as "3.13.0", and where it is."""

    version: str
    path: str

    @property
    def minor(self) -> str:
        """Its version without the patch, such as "3.13"."""
        return self.version.rpartition(".")[0]


def installer() -> Path | None:
    """Return the program `uv`: that beside Mobula's Python, or one on the PATH."""
    beside = Path(sys.executable).parent / "uv"
    found = shutil.which(beside) or shutil.which("uv")
    return Path(found) if found else None


def has_installer() -> bool:
    """Return whether environments can be built here."""
    return installer() is not None


@cache
def interpreters() -> Sequence[Interpreter]:
    """Return the installed CPythons, the newest of each minor version, the newest first.

    Mobula's own comes first of its version. Nothing is downloaded. A process looks once, since
    pages ask for them: what is installed later is found after a restart.
    """
    own = Interpreter("{}.{}.{}".format(*sys.version_info), sys.executable)
    found = {own.minor: own}
    for one in sorted(_listed(), key=lambda one: _numbers(one.version), reverse=True):
        found.setdefault(one.minor, one)
    return sorted(found.values(), key=lambda one: _numbers(one.version), reverse=True)


def _listed() -> list[Interpreter]:
    program = installer()
    if program is None:
        return []
    command: list[str | Path] = [
        program,
        "python",
        "list",
        "--only-installed",
        "--offline",
        "--no-config",
    ]
    try:
        ran = subprocess.run(
            [*command, "--output-format", "json"],
            capture_output=True,
            timeout=_SECONDS,
            check=True,
        )
        rows = json.loads(ran.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return []
    return [
        Interpreter(str(row["version"]), str(row["path"]))
        for row in rows
        if row.get("implementation") == "cpython"
        and row.get("path")
        and _RELEASE.match(str(row.get("version")))
    ]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
