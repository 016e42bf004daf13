"""Builds with Google Cloud Build: started, followed, stopped, taken up again."""

from __future__ import annotations

from providers.builders.base import BuildSpec, BuildWatcher, BuiltImage
from providers.builders.cloudbuild.place import CloudBuildPlace
from providers.builders.cloudbuild.service import CloudBuildService
from providers.builders.remote.following import Follower, Pace


class CloudBuild:
    """The builder of one project and region."""

    kind = "cloudbuild"

    def __init__(self, place: CloudBuildPlace, *, pace: Pace | None = None) -> None:
        self._service = CloudBuildService(place)
        self._pace = pace

    def unavailable(self) -> str:
        return ""  # asked of Google when it is checked, and when it builds

    def build(self, spec: BuildSpec, watcher: BuildWatcher) -> BuiltImage:
        return Follower(self._service, spec, watcher, pace=self._pace).run()

    def clean(self, name: str) -> None:
        try:
            for remote in self._service.find(name):
                self._service.stop(remote)
        finally:
            self._service.tidy(name)
