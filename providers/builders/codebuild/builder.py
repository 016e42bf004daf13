"""Builds with AWS CodeBuild: started, followed, stopped, taken up again."""

from __future__ import annotations

from providers.builders.base import BuildSpec, BuildWatcher, BuiltImage
from providers.builders.codebuild.place import CodeBuildPlace
from providers.builders.codebuild.service import CodeBuildService
from providers.builders.remote.following import Follower, Pace


class CodeBuild:
    """The builder of one project."""

    kind = "codebuild"

    def __init__(self, place: CodeBuildPlace, *, pace: Pace | None = None) -> None:
        self._service = CodeBuildService(place)
        self._pace = pace

    def unavailable(self) -> str:
        return ""  # asked of AWS when it is checked, and when it builds

    def build(self, spec: BuildSpec, watcher: BuildWatcher) -> BuiltImage:
        return Follower(self._service, spec, watcher, pace=self._pace).run()

    def clean(self, name: str) -> None:
        try:
            for remote in self._service.find(name):
                self._service.stop(remote)
        finally:
            self._service.tidy(name)
