"""Beside each field that names machine types: how large they are, and what they cost."""

from __future__ import annotations

from configurations.editor.catalogue import Catalogue, hardware_of
from configurations.editor.forms.base import MOST_CHOICES, EditorForm
from configurations.editor.state import Edit
from domain.configuration.spec import MarketType
from domain.offerings import Market

MOST_NAMED = 6
"""Of a longer list of fallback types, the first are described."""


def describe_machines(edit: Edit) -> None:
    """Write size and price of the types that are named now into the fields' help texts."""
    catalogue = edit.catalogue
    is_listed = len(catalogue.size_choices) <= MOST_CHOICES  # each choice says so itself
    forms: list[EditorForm] = [] if is_listed else [edit.head, *(row.form for row in edit.rows)]
    for form in forms:
        form["size"].help_text = facts_of(_shown(form, "size"), catalogue, _markets(form))
    for row in edit.rows:
        if "fallback_types" in row.form.fields:
            _describe_fallbacks(row.form, catalogue)


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
