"""Which versions of packages an index has now; nothing is installed, and nothing of them is run."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from providers.builders.base import BuildError
from providers.environments.building import AWAY, NO_INSTALLER, said, uv_environment
from providers.environments.pythons import installer

SECONDS = 15.0
_ATTEMPTS = 2
_PIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)==([A-Za-z0-9][\w.+!-]*)")


def newest_versions(
    requirements: Sequence[str], *, python: str = "", seconds: float = SECONDS
) -> dict[str, str]:
    """Return the newest version that fits each requirement, by the package's normalized name.

    `python` is such as "3.12". Raises `BuildError` where the index does not answer within the
    time, which is for all attempts together, or has no such package.
    """
    program = installer()
    if program is None:
        raise BuildError(NO_INSTALLER)
    words = [
        str(program), "pip", "compile", "--quiet", "--no-deps", "--no-build", "--no-header",
        "--no-annotate", "--no-config", "--python", sys.executable,
    ]  # fmt: skip
    if python:
        words += ["--python-version", python]
    for attempt in range(1, _ATTEMPTS + 1):
        status, output = _answer(words, requirements, seconds / _ATTEMPTS)
        if status == 0:
            return {
                re.sub(r"[-_.]+", "-", name).lower(): version
                for name, version in _PIN.findall(output)
            }
        if not any(sign in output for sign in AWAY):
            raise BuildError(f"No version fits: {said(output)}")
        if attempt == _ATTEMPTS:
            break
    raise BuildError(f"The package index did not answer: {said(output)}")


def _answer(words: Sequence[str], requirements: Sequence[str], seconds: float) -> tuple[int, str]:
    with tempfile.TemporaryDirectory(prefix="mobula-pins-") as folder:
        listed = Path(folder) / "requirements.in"
        listed.write_text("".join(f"{one}\n" for one in requirements))
        try:
            done = subprocess.run(
                [*words, str(listed)],
                env=uv_environment(),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return 1, f"error: timed out after {seconds:.0f} s"
    return done.returncode, done.stdout if done.returncode == 0 else done.stderr
