"""The versions of a team as the launch page offers them: by template, with machines and price."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from clouds.models import DEFAULT_CLOUD, Cloud
from configurations.launchability import Launchability, config_of_text
from configurations.models import Version
from configurations.targets import target_for
from domain.catalogue.region import RegionCatalogue
from domain.configuration.spec import ComputeConfig, NodeConfig
from domain.estimate import Estimate, estimate
from domain.pricing import microusd
from domain.wording import number, usd

MOST_VERSIONS = 10  # offered of one template; older ones are launched from their own pages
MOST_MACHINES = 3

type Choices = list[tuple[str, list[tuple[int, str]]]]


def launch_choices(
    versions: Iterable[Version], *, chosen: Version | None, launchability: Launchability
) -> Choices:
    """Return the versions by template, each as its id and what it is in words.

    Of each template the newest version has cloud, machines and price; of the chosen version's
    template every version has. To read them all would take a page too long.
    """
    shown = [list(rows) for _, rows in groupby(versions, key=lambda row: row.template_id)]
    described = {row.pk for rows in shown for row in _described(rows, chosen)}
    texts = dict(Version.objects.filter(pk__in=described).values_list("pk", "text"))
    lines = _Lines(launchability)
    return [
        (
            rows[0].template.name,
            [(row.pk, lines.line(row, texts.get(row.pk, ""))) for row in rows],
        )
        for rows in shown
    ]


def _described(rows: list[Version], chosen: Version | None) -> list[Version]:
    is_chosen = chosen is not None and chosen.template_id == rows[0].template_id
    return rows if is_chosen else rows[:1]


class _Lines:
    """Versions in words; each cloud's catalog is looked up once."""

    def __init__(self, launchability: Launchability) -> None:
        self.launchability = launchability
        rows = Cloud.objects.usable_by(launchability.team)
        self.clouds = {row.name: row for row in rows}
        self.targets: dict[str, RegionCatalogue] = {}

    def line(self, version: Version, text: str) -> str:
        """Return the version with cloud, machines and price; without a text, with its message."""
        if not text:
            return f"{version} · {version.message}"
        whole = config_of_text(text)
        config = whole.primary
        name = config.cloud or DEFAULT_CLOUD
        parts = [str(version), name, machines_in_words(config)]
        parts.append(price_in_words(estimate(config, target=self._target(name))))
        if self.launchability.refusal_of_config(whole):
            parts.append("cannot be launched")
        return " · ".join(part for part in parts if part)

    def _target(self, name: str) -> RegionCatalogue:
        if name not in self.targets:
            self.targets[name] = target_for(self.clouds.get(name))
        return self.targets[name]


def machines_in_words(config: ComputeConfig) -> str:
    """Return the machines of a configuration: "m5.large + 0–4 × g5.xlarge"."""
    groups = [f"{_count(g.min_nodes, g.max_nodes)} × {_machine(g)}" for g in config.groups]
    shown, more = groups[:MOST_MACHINES], len(groups) - MOST_MACHINES
    words = [_machine(config.head_node or NodeConfig()), *shown]
    return " + ".join([*words, *([f"{more} more"] if more > 0 else [])])


def price_in_words(found: Estimate) -> str:
    """Return the least and the most that an hour costs, or "" where a price is unknown."""
    if found.least is None or found.most is None or found.least > found.most:
        return ""
    least, most = usd(microusd(found.least)), usd(microusd(found.most))
    return f"{least}/h" if least == most else f"{least}–{most}/h"


def _count(least: int, most: int) -> str:
    return str(least) if least == most else f"{least}–{most}"


def _machine(node: NodeConfig) -> str:
    if node.instance_type:
        return node.instance_type
    need = node.required_resources
    if need is None:
        return "default machine"
    gpus = f"{number(need.GPU)} {need.accelerator or 'GPU'}" if need.GPU else ""
    cpus = f"{number(need.CPU)} CPU" if need.CPU else ""
    return ", ".join(part for part in (gpus, cpus) if part) or "any machine"
