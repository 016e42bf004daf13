"""What stands beside the editor: the price, the true ceilings, and what is different."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone

from configurations.comparison import TONES
from configurations.editor.state import Edit
from configurations.models import Version
from configurations.price_age import PriceAge, price_ages
from configurations.price_lines import PriceLine, lines_of
from domain.configuration.diff import changes, sentence
from domain.configuration.effects import strongest, why_of
from domain.configuration.spec import ComputeConfig
from domain.estimate import Ceiling, ceilings, estimate
from domain.yaml.text import parse


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """What clusters that run an earlier version would need: (sentence, effect, tone) a change."""

    version: Version
    changes: list[tuple[str, str, str]]
    effect: str
    tone: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """The panel's content; no prices where some machine has none."""

    prices: list[PriceLine]
    ages: list[PriceAge]
    ceilings: list[str]
    changes: list[str]
    latest: Version | None
    rollout: Rollout | None

    @property
    def price(self) -> str:
        """What the configuration costs an hour as it is launched, else at least; "" if unknown."""
        by_label = {line.label: line.hour for line in self.prices}
        return by_label.get("At launch") or by_label.get("Minimum") or ""


def panel_for(edit: Edit, *, latest: Version | None, deployed: Version | None) -> Panel:
    """What to show beside `edit`, compared with the latest version and the newest that runs."""
    found = ceilings(edit.draft, target=edit.catalogue.target)
    return Panel(
        prices=lines_of(estimate(edit.draft, target=edit.catalogue.target)),
        ages=price_ages(edit.draft, edit.catalogue.cloud, today=timezone.now().date()),
        ceilings=[_ceiling(one) for one in found],
        changes=changes_since(latest, edit.whole) if latest else [],
        latest=latest,
        rollout=_rollout(deployed, edit) if deployed else None,
    )


def _rollout(version: Version, edit: Edit) -> Rollout | None:
    rules = edit.catalogue.target.traits.effects
    before = parse(version.text).draft or ComputeConfig()
    found = changes(before, edit.whole, rules=rules)
    effect = strongest(change.effect for change in found)
    if effect is None:
        return None
    return Rollout(
        version=version,
        changes=[(sentence(one), str(one.effect), TONES[one.effect]) for one in found],
        effect=str(effect),
        tone=TONES[effect],
        why=why_of(effect, rules),
    )


def changes_since(version: Version, config: ComputeConfig) -> list[str]:
    """What is different from `version`, one sentence each."""
    before = parse(version.text).draft or ComputeConfig()
    return [sentence(change) for change in changes(before, config)]


def _ceiling(one: Ceiling) -> str:
    return f"{one.group}: max {one.wanted}, capped to {one.allowed} by max_resources.{one.because}"
