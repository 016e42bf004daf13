"""The settings of an account as a provider declares them, for forms that know no provider."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any


class SettingKind(Enum):
    """What is entered, and what it is in the settings. Nothing entered: the key is not there."""

    TEXT = auto()
    NUMBER = auto()  # a whole one
    SWITCH = auto()  # yes or no: true or false
    CHOICE = auto()  # one of `choices`
    LINES = auto()  # one on each line: a list of texts
    ROWS = auto()  # pairs: a mapping of texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting."""

    key: str  # where it stands: keys joined by dots, such as "root_disk.type"
    label: str
    help: str = ""
    kind: SettingKind = SettingKind.TEXT
    unset: str = "Default"  # of a switch or a choice: what holds where none is made
    choices: Sequence[str] = ()
    # Of rows: what the columns and one row are called, and whether the second may be empty.
    columns: tuple[str, str] = ("Key", "Value")
    row: str = "row"
    needs_value: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One of several ways to say the same thing; the first of them needs no settings."""

    name: str
    label: str
    settings: Sequence[Setting] = ()  # each of them is needed


@dataclass(frozen=True, slots=True, kw_only=True)
class WaysSetting:
    """A setting that is made in one of several ways; the settings of the others are not there."""

    key: str  # of a mapping in which the settings of all ways stand
    label: str
    ways: Sequence[Way]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Settings that stand together on the page."""

    title: str
    items: Sequence[Setting | WaysSetting]
    help: str = ""
    is_advanced: bool = False  # folded in until something of it is set


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts:
    """An account as its checks and documents see it: without secrets."""

    region: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    credentials: Mapping[str, str] = field(default_factory=dict)
    installation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessDocument:
    """A text to copy, by which an account lets Mobula do what it must."""

    name: str  # in addresses, such as "policy"
    title: str
    help: str
    text: str


type AccountCheck = Callable[[AccountFacts], Iterator[tuple[str, str]]]
"""Finds what is wrong with settings, each as the path of the setting and a sentence."""

type AccessDocuments = Callable[[AccountFacts], Sequence[AccessDocument]]
"""Writes what an account must allow, as texts for its own tools."""


def settings_of(sections: Sequence[Section]) -> Iterator[Setting]:
    """Yield every setting, those of all ways included."""
    for section in sections:
        for item in section.items:
            if isinstance(item, Setting):
                yield item
            else:
                yield from (one for way in item.ways for one in way.settings)


def ways_of(sections: Sequence[Section]) -> Iterator[WaysSetting]:
    """Yield the settings that are made in several ways."""
    for section in sections:
        yield from (item for item in section.items if isinstance(item, WaysSetting))


def field_at(sections: Sequence[Section], path: str) -> str:
    """Return the key of the setting that a path is in; "" where the form has none."""
    keys = [one.key for one in settings_of(sections)] + [one.key for one in ways_of(sections)]
    fits = [key for key in keys if path == key or path.startswith(f"{key}.")]
    return max(fits, key=len, default="")
