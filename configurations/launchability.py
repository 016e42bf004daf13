"""Which versions of a team can be launched, and why the others cannot.

Pages that offer a launch say it beside the button, and the launch itself refuses with the same
sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from accounts.models import Team
from clouds.access import launch_refusals, why_not_launchable_by
from clouds.models import DEFAULT_CLOUD, Cloud
from configurations.models import Template, Version
from domain.configuration.spec import ComputeConfig
from domain.yaml.text import parse

MOUNTS = "Mounts are not supported yet. Launch a version without mounts."


@lru_cache(maxsize=1024)  # the text of a version never changes
def config_of_text(text: str) -> ComputeConfig:
    """Return the configuration that a version's text describes, as far as it can be read."""
    return parse(text).draft or ComputeConfig()


@dataclass(frozen=True, slots=True)
class Launchability:
    """Why versions of one team cannot be launched; the clouds are asked once."""

    team: Team
    refusals: Mapping[str, str]  # by the name of each cloud that the team may use

    def refusal_of(self, version: Version) -> str:
        """Return why the version cannot be launched, or "" where nothing is known against it."""
        if version.archived_at or version.template.archived_at:
            return f"{version} is archived. Unarchive it to launch it."
        return self.refusal_of_config(config_of_text(version.text))

    def refusal_of_config(self, config: ComputeConfig) -> str:
        """Return why a configuration cannot be launched, or ""."""
        reason = self.refusals.get(config.cloud or DEFAULT_CLOUD)
        if reason is None:
            return why_not_launchable_by(self.team, config.cloud)
        return reason or (MOUNTS if config.mobula.mounts else "")

    def newest(self, versions: Iterable[Version]) -> Version | None:
        """Return the first version that can be launched, of versions from the newest on."""
        return next((row for row in versions if not self.refusal_of(row)), None)


def launchability_of(team: Team) -> Launchability:
    """Return what stands in the way of the team's launches now."""
    return Launchability(team, launch_refusals(team))


def templates_naming(cloud: Cloud) -> list[Template]:
    """Return the templates, with their teams, whose newest version names the cloud."""
    rows = Version.objects.filter(template__archived_at=None, archived_at=None)
    newest = rows.order_by("template_id", "-number").distinct("template_id")
    # Few versions name it: only their texts are read.
    named = Version.objects.filter(pk__in=newest.values("pk"), text__contains=cloud.name)
    found = [
        version.template
        for version in named.select_related("template__team")
        if cloud.name in _clouds_of(config_of_text(version.text))
    ]
    return sorted(found, key=lambda template: (template.team.name, template.name))


def _clouds_of(config: ComputeConfig) -> set[str]:
    configs = (config, *(config.configs or ()))
    named = {one.cloud for one in configs} | {one.cloud_resource for one in configs}
    return {name for name in named if name}
