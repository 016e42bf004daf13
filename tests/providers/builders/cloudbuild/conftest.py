"""Cloud Build as a double answers for it, and a builder in its project."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from providers.builders.base import BuildSpec, BuiltImage
from providers.builders.cloudbuild import CloudBuildPlace, service
from providers.builders.cloudbuild.service import CloudBuildService
from providers.builders.remote.following import Follower
from tests.doubles.cloud_build import PROJECT, REGION, CloudBuildDouble, running
from tests.providers.builders.watching import Clock, Watcher

type Place = Callable[..., CloudBuildPlace]
type Build = Callable[..., BuiltImage]


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudBuildDouble]:
    # What the client waits between tries of its own, and ours of a new build.
    monkeypatch.setattr("googleapiclient.http._DEFAULT_SLEEP", 0, raising=False)
    monkeypatch.setattr("googleapiclient.http.random.random", lambda: 0.0)
    monkeypatch.setattr(service, "_PAUSE_SECONDS", 0.0)
    with running() as found:
        yield found


@pytest.fixture
def place(double: CloudBuildDouble) -> Place:
    def make(**more: Any) -> CloudBuildPlace:
        wanted: dict[str, Any] = {
            "project": PROJECT,
            "region": REGION,
            "service_account": "builds@acme-ml.iam.gserviceaccount.com",
            "key": double.key(),
            "installation": "one",
            "endpoint": double.url,
            **more,
        }
        return CloudBuildPlace(**wanted)

    return make


@pytest.fixture
def watcher() -> Watcher:
    return Watcher()


@pytest.fixture
def build(place: Place, watcher: Watcher) -> Build:
    def run(spec: BuildSpec, **more: Any) -> BuiltImage:
        clock = Clock()
        opened = CloudBuildService(place(**more), log_every=0)
        return Follower(opened, spec, watcher, clock=clock, sleep=clock.sleep).run()

    return run
