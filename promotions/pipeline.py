"""Which version each environment has of a template, and what the next step would be."""

from __future__ import annotations

from dataclasses import dataclass

from configurations.models import Template, Version
from promotions.models import ChangeRequest, Environment, Release
from promotions.queries import open_requests, pipeline_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One environment: what it has of the template, and which version could come next.

    `candidate` is the version of the environment before; for the first one the template's latest.
    """

    environment: Environment
    release: Release | None
    candidate: Version | None
    source: str  # where the candidate comes from, in words
    open: ChangeRequest | None

    def has(self, version: Version) -> bool:
        """Whether the environment has this version, and it did not fail there."""
        release = self.release
        return bool(release and release.version_id == version.pk and not release.failed_at)

    @property
    def state(self) -> str:
        """The release's state as a badge shows it."""
        if self.release is None:
            return "none"
        if self.release.failed_at:
            return "failed"
        if self.release.verified_at:
            return "verified"
        return self.release.request.state if self.release.request.is_open else "released"

    @property
    def next(self) -> Version | None:
        """The version to request next; None where there is none, or it is being asked for."""
        if self.candidate is None or self.has(self.candidate) or self.open is not None:
            return None
        return self.candidate

    @property
    def distance(self) -> str:
        """How many versions lie between it and its candidate, in words."""
        if self.candidate is None or self.release is None:
            return ""
        behind = self.candidate.number - self.release.version.number
        if not behind:
            return f"Same version as {self.source}"
        words = f"{abs(behind)} version{'' if abs(behind) == 1 else 's'}"
        return f"{words} {'behind' if behind > 0 else 'ahead of'} {self.source}"


def stages_of(template: Template) -> list[Stage]:
    """Return the pipeline of a template, in the order of its team's environments."""
    asked: dict[int, ChangeRequest] = {}
    for row in open_requests(template):
        asked.setdefault(row.environment_id, row)
    rows = template.versions.filter(archived_at=None).select_related("template")
    candidate, source = rows.order_by("-number").first(), "the latest version"
    stages = []
    for environment, release in pipeline_of(template):
        stages.append(
            Stage(
                environment=environment,
                release=release,
                candidate=candidate,
                source=source,
                open=asked.get(environment.pk or 0),
            )
        )
        candidate, source = (release.version if release else None), environment.name
    return stages
