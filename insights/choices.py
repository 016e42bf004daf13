"""Switches whose positions are addresses: the page's own, with one word changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.http import HttpRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchOption:
    """One position of a switch, as components/segments.html and tabs.html draw it."""

    label: str
    url: str
    current: bool


def address_with(request: HttpRequest, **changes: str | None) -> str:
    """Return this page's query with these parameters set, or taken out where None."""
    query = request.GET.copy()
    query.pop("format", None)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SortHeader:
    """The head of one column; `url` orders by it, "" where it cannot be ordered by."""

    label: str
    url: str = ""
    direction: str = ""  # "ascending", "descending", or "" where another column orders
    is_number: bool = True
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorting:
    """What the address orders by: a column's key, and the direction."""

    key: str
    ascending: bool

    @property
    def word(self) -> str:
        return self.key if self.ascending else f"-{self.key}"


def asked_sorting(request: HttpRequest, keys: Sequence[str], *, otherwise: str) -> Sorting:
    """Return the order of `?sort=`, such as "-total"; an unknown one is `otherwise`."""
    word = request.GET.get("sort", "")
    if word.removeprefix("-") not in keys:
        word = otherwise
    return Sorting(key=word.removeprefix("-"), ascending=not word.startswith("-"))


def sort_headers(
    request: HttpRequest, columns: Iterable[tuple[str, str, str]], *, current: Sorting
) -> list[SortHeader]:
    """Return the heads of columns given by key, label and hint; "" is a key without an order.

    A click on the current column turns its order around; on another, the highest come first, and
    names in their alphabetical order.
    """
    return [_header(request, key, label, hint, current) for key, label, hint in columns]


def _header(request: HttpRequest, key: str, label: str, hint: str, current: Sorting) -> SortHeader:
    is_number = key not in {"", "name", "cpu", "memory", "gpu"}
    if not key:
        return SortHeader(label=label, hint=hint, is_number=is_number)
    is_current = key == current.key
    ascending = not current.ascending if is_current else key == "name"
    direction = ("ascending" if current.ascending else "descending") if is_current else ""
    url = address_with(request, sort=key if ascending else f"-{key}", page=None)
    return SortHeader(label=label, url=url, direction=direction, is_number=is_number, hint=hint)
