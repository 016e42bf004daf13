"""Kinds of values: how each stands in a field, and what a field's text means in a block."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from domain.quantities import LARGEST


@dataclass(frozen=True, slots=True)
class Kind:
    """How a value is written in a field.

    `show` gives the text of a value, None for one it cannot say; `read` the value of a text, and
    raises ValueError with a sentence. With `by_entry` each entry of a mapping is shown by itself.
    """

    show: Callable[[Any], str | None]
    read: Callable[[str], Any]
    choices: tuple[tuple[str, str], ...] = ()
    rows: int = 1
    example: str = ""
    by_entry: bool = False

    def text(self, value: Any) -> str | None:
        """The text that means just this value; None if there is none."""
        text = self.show(value)
        if not text:
            return None
        try:
            return text if same(self.read(text), value) else None
        except ValueError:
            return None


def same(one: Any, other: Any) -> bool:
    """True if two JSON values are equal and of the same types: 1 is not true, nor 1.0."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def _plain(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _whole(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,15}", text) or int(text) > LARGEST:
        message = f"'{text}': write a whole number."
        raise ValueError(message)
    return int(text)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"[,\n]", text) if part.strip()]


def _pair(part: str, example: str) -> tuple[str, str]:
    name, equals, value = part.partition("=")
    if not equals or not name.strip():
        message = f"'{part}' is not a key=value pair: write {example}."
        raise ValueError(message)
    return name.strip(), value.strip()


def _strings(value: Any) -> list[str] | None:
    is_names = isinstance(value, list) and all(isinstance(item, str) for item in value)
    return value if is_names else None


def _joined(value: Any, joint: str = ", ") -> str | None:
    names = _strings(value)
    return joint.join(names) if names else None


TEXT = Kind(_plain, str.strip)
WHOLE = Kind(lambda value: str(value) if type(value) is int else None, _whole)
NAMES = Kind(_joined, _parts)


def choice(*options: tuple[str, str]) -> Kind:
    """One of some words; a word that is none of them can be shown, and is refused elsewhere."""
    return Kind(_plain, str.strip, choices=options)


_YES_NO = (("yes", "Yes"), ("no", "No"))


def _yes(text: str) -> bool:
    if text not in {"yes", "no"}:
        message = "Choose yes or no."
        raise ValueError(message)
    return text == "yes"


SWITCH = Kind(
    lambda value: {True: "yes", False: "no"}[value] if isinstance(value, bool) else None,
    _yes,
    choices=_YES_NO,
)


def switch(yes: Any, no: Any) -> Kind:
    """Yes or no, where the block says it in values of its own."""

    def show(value: Any) -> str | None:
        return "yes" if same(value, yes) else "no" if same(value, no) else None

    return Kind(show, lambda text: yes if _yes(text) else no, choices=_YES_NO)


def _show_pairs(value: Any) -> str | None:
    if not isinstance(value, Mapping) or not all(isinstance(v, str) for v in value.values()):
        return None
    return ", ".join(f"{name}={item}" for name, item in value.items())


def pairs(example: str) -> Kind:
    """Names with texts: `team=research, stage=train`."""
    return Kind(
        _show_pairs,
        lambda text: dict(_pair(part, example) for part in _parts(text)),
        example=example,
        by_entry=True,
    )


def _amount(text: str) -> str | int:
    return int(text) if re.fullmatch(r"0|[1-9][0-9]{0,14}", text) else text


def _show_amounts(value: Any) -> str | None:
    if not isinstance(value, Mapping):
        return None
    if not all(isinstance(v, str | int) and not isinstance(v, bool) for v in value.values()):
        return None
    return ", ".join(
        f'{name}="{item}"' if isinstance(item, str) and _amount(item) != item else f"{name}={item}"
        for name, item in value.items()
    )


def _read_amounts(text: str) -> dict[str, str | int]:
    amounts = dict(_pair(part, "cpu=2") for part in _parts(text))
    return {
        name: item[1:-1] if len(item) > 1 and item[0] == item[-1] == '"' else _amount(item)
        for name, item in amounts.items()
    }


AMOUNTS = Kind(
    _show_amounts, _read_amounts, example="cpu=2, memory=8Gi, nvidia.com/gpu=1", by_entry=True
)
"""Names with Kubernetes quantities; quotes tell a text from a number."""


def listed(key: str) -> Kind:
    """Names, each in a mapping of its own under `key`: `imagePullSecrets: [{name: a}]`."""

    def show(value: Any) -> str | None:
        if not isinstance(value, list):
            return None
        return _joined([item.get(key) if isinstance(item, Mapping) else None for item in value])

    return Kind(show, lambda text: [{key: name} for name in _parts(text)])


def _show_tags(value: Any) -> str | None:
    if not isinstance(value, list) or not all(isinstance(tag, Mapping) for tag in value):
        return None
    return ", ".join(f"{tag.get('Key')}={tag.get('Value')}" for tag in value)


def _read_tags(text: str) -> list[dict[str, str]]:
    tags = (_pair(part, "team=research") for part in _parts(text))
    return [{"Key": name, "Value": value} for name, value in tags]


TAGS = Kind(_show_tags, _read_tags, example="team=research, stage=train")
