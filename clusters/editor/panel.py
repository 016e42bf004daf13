"""What stands beside the editor: the price, the true ceilings, and what is different."""

from __future__ import annotations

from dataclasses import dataclass

from clusters.editor.edit import Edit
from clusters.models import Version
from clusters.price_lines import PriceLine, lines_of
from domain.diff import changes, sentence
from domain.estimate import Ceiling, ceilings, estimate
from domain.spec import ComputeConfig
from domain.yamltext import parse


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """The panel's content; no prices where some machine has none."""

    prices: list[PriceLine]
    ceilings: list[str]
    changes: list[str]
    latest: Version | None


def panel_for(edit: Edit, *, latest: Version | None) -> Panel:
    """What to show beside `edit`; `latest` is the version it is compared with, if there is one."""
    found = ceilings(edit.draft, target=edit.catalogue.target)
    return Panel(
        prices=lines_of(estimate(edit.draft, target=edit.catalogue.target)),
        ceilings=[_ceiling(one) for one in found],
        changes=changes_since(latest, edit.whole) if latest else [],
        latest=latest,
    )


def changes_since(version: Version, config: ComputeConfig) -> list[str]:
    """What is different from `version`, one sentence each."""
    before = parse(version.text).draft or ComputeConfig()
    return [sentence(change) for change in changes(before, config)]


def _ceiling(one: Ceiling) -> str:
    return f"{one.group}: max {one.wanted}, capped to {one.allowed} by max_resources.{one.because}"
