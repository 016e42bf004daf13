"""Beside each field that names machine types: how large they are, and what they cost."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

from configurations.editor.catalogue import Catalogue, hardware_of
from configurations.editor.forms.base import MOST_CHOICES, EditorForm
from domain.configuration.spec import MarketType
from domain.offerings import Market

MOST_NAMED = 6
"""Of a longer list of fallback types, the first are described."""


def describe_head(form: EditorForm, catalogue: Catalogue) -> None:
    """Write size and price of the head's type into the field's help text."""
    if not _is_listed(catalogue):
        form["size"].help_text = facts_of(_shown(form, "size"), catalogue, _markets(form))


def describe_group(form: EditorForm, catalogue: Catalogue) -> None:
    """Write size and price of a group's types into the fields' help texts."""
    describe_head(form, catalogue)
    if "fallback_types" in form.fields:
        _describe_fallbacks(form, catalogue)


def seen_of(key: str, posted: Mapping[str, str], catalogue: Catalogue) -> Hashable:
    """Return all of the catalogue that the page shows in the form of a group, or of the head."""
    names = [posted.get(f"{key}-{field}", "") for field in ("size", "fallback_types")]
    types = [name.strip() for name in ",".join(names).split(",")][: MOST_NAMED + 1]
    facts = tuple(facts_of(name, catalogue, tuple(Market)) for name in types)
    return facts, tuple(catalogue.size_choices) if _is_listed(catalogue) else None


def _is_listed(catalogue: Catalogue) -> bool:
    return len(catalogue.size_choices) <= MOST_CHOICES  # each choice says so itself


def facts_of(name: str, catalogue: Catalogue, markets: tuple[Market, ...]) -> str:
    """Return size and prices of a type: "8 vCPU, 32 GiB · $0.384/h"; "" where it is unknown."""
    machine = catalogue.target.type_named(name.strip())
    if machine is None:
        return ""
    prices = {market: catalogue.hourly(machine, market) for market in markets}
    if Market.SPOT in prices and not machine.has_spot:
        prices[Market.SPOT] = "not offered"
    words = [f"{prices[one]} {_NAMES[one]}" for one in prices]
    if list(prices) == [Market.ON_DEMAND]:
        words = [prices[Market.ON_DEMAND]]
    return " · ".join([hardware_of(machine), *words])


_NAMES = {Market.ON_DEMAND: "on demand", Market.SPOT: "spot"}
_BUYS = {
    MarketType.SPOT: (Market.SPOT,),
    MarketType.PREFER_SPOT: (Market.SPOT, Market.ON_DEMAND),
}


def _markets(form: EditorForm) -> tuple[Market, ...]:
    market = _shown(form, "market") if "market" in form.fields else ""
    return _BUYS.get(MarketType(market), _ON_DEMAND) if market in MarketType else _ON_DEMAND


_ON_DEMAND = (Market.ON_DEMAND,)


def _describe_fallbacks(form: EditorForm, catalogue: Catalogue) -> None:
    names = [name.strip() for name in _shown(form, "fallback_types").split(",") if name.strip()]
    markets = _markets(form)
    facts = {name: facts_of(name, catalogue, markets) for name in names[:MOST_NAMED]}
    described = [f"{name}: {words}." for name, words in facts.items() if words]
    field = form["fallback_types"]
    field.help_text = " ".join([str(field.help_text), *described])


def _shown(form: EditorForm, name: str) -> str:
    return str(form[name].value() or "")
