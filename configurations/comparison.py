"""Two versions side by side: what differs in words, with its effect, and line by line."""

from __future__ import annotations

from dataclasses import dataclass

from configurations.models import Version
from configurations.price_lines import lines_of
from domain.catalogue.region import RegionCatalogue
from domain.configuration.diff import Change, changes
from domain.configuration.effects import Effect, strongest, why_of
from domain.configuration.fields import in_words
from domain.configuration.spec import ComputeConfig
from domain.estimate import Estimate, estimate
from domain.yaml.text import parse
from tables.sides import Pair, side_by_side

TONES = {Effect.LIVE: "good", Effect.NEW_NODES: "warn", Effect.RECREATE: "bad"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field that differs, in words."""

    label: str
    old: str
    new: str
    effect: str
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What changes from `old` to `new`; without differences only comments or layout do."""

    old: Version
    new: Version
    differences: list[Difference]
    pairs: list[Pair]
    effect: str
    tone: str
    why: str
    prices: list[tuple[str, str, str]]  # what, then before and after, in words


def compare(old: Version, new: Version, *, target: RegionCatalogue) -> Comparison:
    """Return the comparison of two versions for the target's provider and prices."""
    before, after = _read(old), _read(new)
    found = changes(before, after, rules=target.traits.effects)
    effect = strongest(change.effect for change in found)
    return Comparison(
        old=old,
        new=new,
        differences=[difference(change) for change in found],
        pairs=list(side_by_side(old.text, new.text)),
        effect=str(effect or ""),
        tone=TONES[effect] if effect else "",
        why=why_of(effect, target.traits.effects) if effect else "",
        prices=_prices(estimate(before, target=target), estimate(after, target=target)),
    )


def difference(change: Change) -> Difference:
    """Return the change in words, with its effect on a running cluster."""
    return Difference(
        label=change.label,
        old=in_words(change.old),
        new=in_words(change.new),
        effect=str(change.effect),
        tone=TONES[change.effect],
    )


def _prices(before: Estimate, after: Estimate) -> list[tuple[str, str, str]]:
    old = {line.label: line.hour for line in lines_of(before)}
    new = {line.label: line.hour for line in lines_of(after)}
    return [
        (label, old.get(label, "unknown"), new.get(label, "unknown"))
        for label in {**old, **new}
        if old.get(label) != new.get(label)
    ]


def _read(version: Version) -> ComputeConfig:
    return parse(version.text).draft or ComputeConfig()
