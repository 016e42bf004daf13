"""Versions that are virtual environments on this host: built, found again, and collected."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.timezone import now

from domain.images.requirements import Requirements, read_requirements
from domain.images.states import BuildState, ImageSource, ImageState
from domain.problems import has_errors
from images.building.log import LogWriter, end_steps
from images.building.same import refuse_same
from images.models import Build, ImageContents, ImageVersion
from images.transitions import move_build, move_version
from providers.builders.base import BuildError, BuildWatcher
from providers.environments import (
    NO_INSTALLER,
    Built,
    EnvironmentStore,
    Interpreter,
    build,
    has_installer,
    interpreters,
)

# One that no version names may belong to a build that is about to end.
_YOUNG = timedelta(days=1)


def store() -> EnvironmentStore:
    """Return where the environments of this installation are."""
    return EnvironmentStore(Path(settings.MOBULA_HOME) / "environments")


def build_environment(task: Build, log: LogWriter, watcher: BuildWatcher) -> None:
    """Build the environment of a version and make it ready; raises `BuildError`."""
    version = task.version
    wanted = _wanted(version)
    python = interpreter_of(version.python_version)
    mark = wanted.fingerprint(python=python.version)
    refuse_same(
        version,
        mark,
        because="it has these requirements and this Python. Use it, or change the requirements.",
    )
    built = build(
        store(),
        mark,
        python=python,
        requirements=wanted.text,
        watcher=watcher,
        seconds=settings.BUILD_SECONDS,
    )
    watcher.inspect(built.contents)
    _finish(task, log, built, mark)


def pythons_here() -> list[str]:
    """Return the versions of this host's Pythons, such as "3.13", the newest first."""
    return [one.minor for one in interpreters()]


def unavailable() -> str:
    """Return why no environment can be built here, with the way out; "" where one can."""
    return "" if has_installer() else NO_INSTALLER


def interpreter_of(minor: str) -> Interpreter:
    """Return this host's Python such as "3.12"; raises `BuildError` where there is none."""
    known = interpreters()
    found = next((one for one in known if one.minor == ".".join(minor.split(".")[:2])), None)
    if found is None:
        names = ", ".join(one.minor for one in known)
        raise BuildError(
            f"Mobula's host has no Python {minor}. It has {names}. Use one of these, or install "
            f"Python {minor} there."
        )
    return found


def collect_environments() -> int:
    """Remove environments that no version can be launched or run from; return how many."""
    rows = ImageVersion.objects.filter(source=ImageSource.VIRTUAL_ENVIRONMENT)
    needed = set(rows.exclude(fingerprint="").values_list("fingerprint", flat=True))
    return len(store().collect(needed=needed, older_than=_YOUNG.total_seconds()))


def _wanted(version: ImageVersion) -> Requirements:
    wanted, problems = read_requirements(version.requirements)
    wrong = [problem for problem in problems if has_errors([problem])]
    if wrong:
        raise BuildError(f"{wrong[0].message} {wrong[0].hint}")
    return wanted


@transaction.atomic
def _finish(task: Build, log: LogWriter, built: Built, mark: str) -> None:
    log.flush(to_the_end=True)
    end_steps(task, now().timestamp())
    move_build(task, BuildState.SUCCEEDED, steps=task.steps)
    packages = [
        {"kind": one.kind, "name": one.name, "version": one.version}
        for one in built.contents.packages
    ]
    ImageContents.objects.create(version=task.version, packages=packages, layers=[])
    move_version(
        task.version,
        ImageState.READY,
        ray_version=built.ray_version[:20],
        python_version=built.python_version,
        location=str(built.ray),
        fingerprint=mark,
        size_bytes=built.size_bytes,
        built_at=now(),
    )
