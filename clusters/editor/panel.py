"""What stands beside the editor: the price, the true ceilings, and what is different."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from clusters.editor.edit import Edit
from clusters.models import Version
from domain.diff import changes, sentence
from domain.estimate import HOURS_A_MONTH, Ceiling, ceilings, estimate
from domain.pricing import microusd
from domain.spec import ComputeConfig
from domain.wording import usd
from domain.yamltext import parse


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """One line of the price: an hour and a month of it, in words."""

    label: str
    hour: str
    month: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """The panel's content; no prices where some machine has none."""

    prices: list[Price]
    ceilings: list[str]
    changes: list[str]
    latest: Version | None


def panel_for(edit: Edit, *, latest: Version | None) -> Panel:
    """What to show beside `edit`; `latest` is the version it is compared with, if there is one."""
    found = ceilings(edit.draft, target=edit.catalogue.target)
    return Panel(
        prices=_prices(edit),
        ceilings=[_ceiling(one) for one in found],
        changes=changes_since(latest, edit.draft) if latest else [],
        latest=latest,
    )


def changes_since(version: Version, config: ComputeConfig) -> list[str]:
    """What is different from `version`, one sentence each."""
    before = parse(version.text).draft or ComputeConfig()
    return [sentence(change) for change in changes(before, config)]


def _prices(edit: Edit) -> list[Price]:
    found = estimate(edit.draft, target=edit.catalogue.target)
    if found.least is not None and found.most is not None and found.least > found.most:
        return []  # the limits contradict each other, and the problems say so
    lines = (("Minimum", found.least), ("At launch", found.at_launch), ("Maximum", found.most))
    return [_price(label, usd) for label, usd in lines if usd is not None]


def _price(label: str, hourly: Decimal) -> Price:
    month = usd(microusd(hourly * HOURS_A_MONTH), places=0 if hourly >= 1 else 2)
    return Price(label=label, hour=usd(microusd(hourly)), month=month)


def _ceiling(one: Ceiling) -> str:
    return f"{one.group}: max {one.wanted}, capped to {one.allowed} by max_resources.{one.because}"
