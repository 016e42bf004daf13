"""Who looks on at builds of tests: keeps what it hears, and stops them when it is told to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from providers.builders.base import BuildCanceled, BuildError, BuildLimits, BuildSpec, Contents

LOCATION = "123456789012.dkr.ecr.us-east-1.amazonaws.com/ml/research/train:v1"


class Clock:
    """Time that passes only when somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Watcher:
    """Keeps the log; `stop` is raised once `when` holds."""

    def __init__(self) -> None:
        self.log = ""
        self.remotes: list[str] = []
        self.seen: Contents | None = None
        self.pushes = self.checks = 0
        self.when: Callable[[], bool] = lambda: False
        self.stop: type[Exception] = BuildCanceled

    def write(self, output: bytes) -> None:
        self.log += output.decode()

    def call_it(self, remote: str) -> None:
        self.remotes.append(remote)

    def inspect(self, contents: Contents) -> None:
        self.seen = contents
        if not contents.version_of("ray"):
            raise BuildError("The image has no Ray.")

    def begin_push(self) -> None:
        self.pushes += 1

    def check(self) -> None:
        self.checks += 1
        if self.when():
            raise self.stop


def order(**more: Any) -> BuildSpec:
    """Return a build that a service may get."""
    wanted: dict[str, Any] = {
        "name": "mobula-7",
        "cache": "team-1",
        "dockerfile": "FROM rayproject/ray@sha256:12\nRUN pip install x\n",
        "location": LOCATION,
        "limits": BuildLimits(seconds=600, disk_bytes=1),
        **more,
    }
    return BuildSpec(**wanted)


def context(folder: Path) -> Path:
    """Return a folder with a file that can be run, and a link."""
    place = folder / "files"
    place.mkdir()
    (place / "start.sh").write_text("#!/bin/sh\necho started\n")
    (place / "start.sh").chmod(0o755)
    (place / "link").symlink_to("start.sh")
    return place
