"""Build an environment: a base Python and the wheels that the requirements name.

It runs on Mobula's own host, with what Mobula may do there. So nothing that is installed is run
while it is built: no source is built, and what is there is read from files.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import distributions
from itertools import count
from pathlib import Path
from typing import Any

from providers.builders.base import BuildError, BuildWatcher, Contents, Package
from providers.builders.processes import run
from providers.environments.pythons import Interpreter, installer
from providers.environments.store import Busy, EnvironmentStore

DEFAULT_SECONDS = 1800.0
STEPS = 3
NO_INSTALLER = "Mobula found no uv on its host. Install it there: pip install uv."
_SAID = 400
# What pip and uv read about indexes and proxies; nothing else of Mobula's environment is theirs.
_PASSED = ("PATH", "HOME", "LANG", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")
_PREFIXES = ("PIP_", "UV_")
_PROXIES = ("http_proxy", "https_proxy", "no_proxy", "all_proxy")
# What an index does not answer is something else than what it does not have.
AWAY = ("error sending request", "dns error", "Connection refused", "timed out", "os error 111")


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What was built: the path of its `ray`, what it has, and its size on the disk in bytes."""

    ray: Path
    contents: Contents
    python_version: str  # with its patch
    size_bytes: int

    @property
    def ray_version(self) -> str:
        """The Ray that is installed."""
        return self.contents.version_of("ray")


def build(
    store: EnvironmentStore,
    fingerprint: str,
    *,
    python: Interpreter,
    requirements: str,
    watcher: BuildWatcher,
    seconds: float = DEFAULT_SECONDS,
) -> Built:
    """Return the environment of that fingerprint, which is built unless it is there.

    Raises BuildError where it cannot be built, and what `watcher` raises; then nothing is left.
    """
    if record := store.record_of(fingerprint):
        watcher.write(b"This environment is here already: nothing is installed again.\n")
        return _of_record(store.path_of(fingerprint), record)
    program = installer()
    if program is None:
        raise BuildError(NO_INSTALLER)
    try:
        with store.building(fingerprint) as path:
            built = _built(program, path, python, requirements, watcher, seconds)
            packages = {one.name: one.version for one in built.contents.packages}
            record = {
                "packages": packages,
                "python": built.python_version,
                "size_bytes": built.size_bytes,
            }
            store.keep(fingerprint, record)
            return built
    except Busy as error:
        raise BuildError(
            "Another worker builds the same environment now. Build it again in a minute."
        ) from error


def _built(
    program: Path,
    path: Path,
    python: Interpreter,
    requirements: str,
    watcher: BuildWatcher,
    seconds: float,
) -> Built:
    until = time.monotonic() + seconds
    env, numbers = uv_environment(), count(1)

    def step(text: str, *command: str | Path) -> str:
        """Run one step and return its output; the log gets it as it comes."""
        said = bytearray()

        def both(piece: bytes) -> None:
            said.extend(piece)
            watcher.write(piece)

        def look() -> None:
            watcher.check()
            if time.monotonic() > until:
                raise BuildError(f"It took longer than {seconds / 60:.0f} minutes.")

        watcher.write(f"STEP {next(numbers)}/{STEPS}: {text}\n".encode())
        words = [str(word) for word in command]
        status = run(words, environment=env, write=both, look=look)
        output = said.decode(errors="replace")
        if status:
            raise _refusal(text, output)
        return output

    environment = path / "environment"
    step(
        f"Python {python.version}",
        *(program, "venv", "--no-config", "--no-project", "--offline"),
        *("--python", python.path, environment),
    )
    listed = path / "requirements.txt"
    listed.write_text(requirements)
    own = environment / "bin" / "python"
    step(
        "install the requirements",
        *(program, "pip", "install", "--python", own, "--no-build", "--no-progress"),
        *("--link-mode", "copy", "--requirement", listed),
    )
    packages = next(environment.glob("lib/python3*/site-packages"))
    # Each process of each node would compile all of Ray else.
    step("compile", python.path, "-I", "-S", "-m", "compileall", "-q", "-j", "0", packages)
    ray = environment / "bin" / "ray"
    if not ray.exists():
        raise BuildError(
            "The environment has no ray command. Add ray[default] to its requirements."
        )
    found = {one.name: one.version for one in distributions(path=[str(packages)]) if one.name}
    built = Built(
        ray=ray,
        contents=_contents(found, python.version),
        python_version=python.version,
        size_bytes=_size(environment),
    )
    watcher.write(f"Ray {built.ray_version}, Python {python.version}\n".encode())
    return built


def _contents(packages: Mapping[str, str], python: str) -> Contents:
    found = [Package(kind="pip", name=n, version=v) for n, v in sorted(packages.items())]
    return Contents(packages=found, python_version=python.rpartition(".")[0])


def _refusal(step: str, output: str) -> BuildError:
    """Return what a failed step means, in uv's own words."""
    last = said(output)
    if any(sign in output for sign in AWAY):
        return BuildError(f"A package index did not answer: {last}")
    if "No space left" in output:
        return BuildError("The disk of Mobula's host is full. Free some space and build again.")
    return BuildError(f"Could not {step}: {last}")


def said(output: str) -> str:
    """Return the error that uv printed, on one line: from its first sign on, without the frame."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    first = next(
        (at for at, line in enumerate(lines) if line.startswith(("×", "error"))), len(lines) - 1
    )
    text = " ".join(line.lstrip("×╰─▶├│ ") for line in lines[max(0, first) :])
    return text[:_SAID] or "it printed nothing"


def _of_record(path: Path, record: Mapping[str, Any]) -> Built:
    return Built(
        ray=path / "environment" / "bin" / "ray",
        contents=_contents(record["packages"], record["python"]),
        python_version=record["python"],
        size_bytes=record["size_bytes"],
    )


def uv_environment() -> dict[str, str]:
    """Return the environment of uv: what it reads about indexes and proxies, no more."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _PASSED or name.startswith(_PREFIXES) or name.lower() in _PROXIES
    }
    return {**kept, "UV_NO_PROGRESS": "1", "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"}


def _size(path: Path) -> int:
    """Return how much of the disk the directory takes, in bytes."""
    return sum(file.lstat().st_size for file in path.rglob("*") if not file.is_dir())
