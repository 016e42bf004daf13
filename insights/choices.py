"""Switches whose positions are addresses: the page's own, with one word changed."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchOption:
    """One position of a switch, as components/segments.html and tabs.html draw it."""

    label: str
    url: str
    current: bool


def address_with(request: HttpRequest, **changes: str | None) -> str:
    """Return this page's query with these parameters set, or taken out where None.

    Places in tables are taken out: other rows have other places.
    """
    query = request.GET.copy()
    for name in ("format", "after", "before"):
        query.pop(name, None)
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    return f"?{query.urlencode()}"


def choices(
    request: HttpRequest, name: str, options: Iterable[tuple[str, str]], *, current: str
) -> list[SwitchOption]:
    """Return a switch for the parameter `name`; `options` are pairs of value and label."""
    return [
        SwitchOption(
            label=label, url=address_with(request, **{name: value}), current=value == current
        )
        for value, label in options
    ]
