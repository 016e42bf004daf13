"""CodeBuild as a double answers for it, and a builder in its project."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from providers.aws import calls
from providers.builders.base import BuildSpec, BuiltImage
from providers.builders.codebuild import CodeBuildPlace
from providers.builders.codebuild.service import CodeBuildService
from providers.builders.remote.following import Follower
from tests.doubles.aws.builds import BuildsDouble
from tests.doubles.aws.builds_server import running
from tests.providers.builders.watching import Clock, Watcher

KEYS = {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "SECRET"}

type Place = Callable[..., CodeBuildPlace]
type Build = Callable[..., BuiltImage]


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch) -> Iterator[BuildsDouble]:
    monkeypatch.setattr(calls, "FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(calls, "LONGEST_PAUSE_SECONDS", 0.002)
    with running() as found:
        found.project("images")
        yield found


@pytest.fixture
def place(double: BuildsDouble) -> Place:
    def make(**more: Any) -> CodeBuildPlace:
        wanted: dict[str, Any] = {
            "project": "images",
            "region": "us-east-1",
            "credentials": KEYS,
            "installation": "one",
            "endpoint": double.url,
            **more,
        }
        return CodeBuildPlace(**wanted)

    return make


@pytest.fixture
def watcher() -> Watcher:
    return Watcher()


@pytest.fixture
def build(place: Place, watcher: Watcher) -> Build:
    def run(spec: BuildSpec, **more: Any) -> BuiltImage:
        clock = Clock()
        service = CodeBuildService(place(**more))
        return Follower(service, spec, watcher, clock=clock, sleep=clock.sleep).run()

    return run
