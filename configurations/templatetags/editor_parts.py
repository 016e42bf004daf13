"""`{% load editor_parts %}`: the parts of the editor, and its fields, drawn once for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from django import template
from django.forms import BoundField
from django.template import Context
from django.template.loader import get_template
from django.utils.safestring import SafeString

from configurations.editor.lists.entry import Entry
from domain.problems import Problem
from domain.yaml.memory import Memory

register = template.Library()

MOST_LETTERS = 10_000_000
"""In all rows of lists that a process keeps, some thousand each."""
_ROWS: Memory[SafeString] = Memory(MOST_LETTERS, weigh=len)

MOST_FIELDS = 8_192
"""Drawn fields that a process keeps: about a kilobyte each."""


@register.simple_tag(takes_context=True)
def part(context: Context, name: str) -> SafeString:
    """Return a piece of the page that an answer to an edit may replace by itself."""
    parts: Mapping[str, Any] = context["parts"]
    return SafeString(parts[name].element)


@register.simple_tag
def drawn(
    field: BoundField | None, notes: Sequence[Problem] | None = None, below: object = None
) -> SafeString:
    """Return `components/input.html` for a field; from memory where it shows the same as before.

    The template gets nothing but these. With `below`, the page shows the messages elsewhere.
    """
    if not field:
        return SafeString()
    found = tuple((note.message, note.hint) for note in notes or ())
    return _drawn(_Shown(field, notes, (*_facts_of(field), found, bool(below))))


@register.simple_tag(takes_context=True)
def entry_row(context: Context, entry: Entry) -> SafeString:
    """Return a row of a list; from memory where it shows the same as before."""
    address = str(context["check_url"])

    def draw() -> SafeString:
        template = get_template("configurations/editor/entry.html")
        return SafeString(template.render({"entry": entry, "check_url": address}))

    look = entry.look
    return draw() if look is None else _ROWS.get((look, address), draw)


class _Shown:
    """A field with its notes, equal to another that looks the same."""

    __slots__ = ("facts", "field", "notes")

    def __init__(self, field: BoundField, notes: object, facts: tuple[Any, ...]) -> None:
        self.field: BoundField | None = field
        self.notes, self.facts = notes, facts

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Shown) and self.facts == other.facts

    def __hash__(self) -> int:
        return hash(self.facts)


def _facts_of(field: BoundField) -> tuple[Any, ...]:
    widget = field.field.widget
    return (
        field.html_name,
        field.auto_id,
        str(field.label),
        str(field.help_text),
        repr(field.value()),
        tuple(field.errors),
        field.field.required,
        field.field.disabled,
        type(widget),
        tuple((name, str(value)) for name, value in widget.attrs.items()),
        _words_of(getattr(widget, "choices", ())),
    )


def _words_of(choices: Any) -> tuple[Any, ...] | str:
    found = tuple(choices)
    try:
        hash(found)
    except TypeError:
        return repr(found)
    return found


@lru_cache(maxsize=MOST_FIELDS)
def _drawn(shown: _Shown) -> SafeString:
    html = get_template("components/input.html").render(
        {"field": shown.field, "notes": shown.notes, "below": shown.facts[-1]}
    )
    shown.field = shown.notes = None  # the key stays in memory; the form it came from need not
    return SafeString(html)
