"""Form fields for the values of a configuration: text, numbers, pairs, memory, lists, YAML."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django import forms

from domain.configuration.spec import tidied
from domain.problems import Problem
from domain.quantities import LARGEST, format_bytes, parse_bytes, part_of, tidy_number
from domain.yaml.memory import Memory
from domain.yaml.plain_tree import Cleaning, TooMuch
from domain.yaml.structure import structure
from domain.yaml.tree import read
from domain.yaml.writing import dump_value

type Choices = list[tuple[str, str]]
type Within = Callable[[dict[str, Any]], dict[str, Any]]
type Wrap = Callable[[Any], dict[str, Any]]
"""Puts a value where it belongs in a whole configuration, so that it can be checked there."""


def text(
    label: str, *, example: str = "", attrs: Mapping[str, str] | None = None, **more: Any
) -> forms.CharField:
    """Return a field for text that may be empty and is not trimmed: the YAML may say the same."""
    field = forms.CharField(required=False, strip=False, label=label, **more)
    field.widget.attrs |= {"placeholder": example} if example else {}
    field.widget.attrs |= attrs or {}
    return field


def count(
    label: str, *, least: int = 0, most: int = LARGEST, required: bool = False, **more: Any
) -> forms.IntegerField:
    """Return a field for a whole number."""
    return forms.IntegerField(
        min_value=least, max_value=most, required=required, label=label, **more
    )


def amount(label: str, **more: Any) -> forms.FloatField:
    """Return a field for a number that is not negative, or nothing."""
    return forms.FloatField(min_value=0, max_value=LARGEST, required=False, label=label, **more)


def switch(label: str, **more: Any) -> forms.BooleanField:
    """Return a field that is on or off."""
    return forms.BooleanField(required=False, label=label, **more)


def choice(
    label: str, choices: Choices, *, required: bool = False, **more: Any
) -> forms.ChoiceField:
    """Return a field for one of a few values."""
    return forms.ChoiceField(required=required, label=label, choices=choices, **more)


class PairsField(forms.CharField):
    """Names with values on one line: `CPU=2, special=3`."""

    def __init__(self, *, example: str, **options: Any) -> None:
        super().__init__(required=False, strip=True, **options)
        self.example = example
        self.widget.attrs["placeholder"] = example

    def to_python(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return value
        return dict(self._pair(part) for part in _parts(super().to_python(value) or ""))

    def prepare_value(self, value: Any) -> Any:
        return in_pairs(value) if isinstance(value, Mapping) else value

    def _pair(self, part: str) -> tuple[str, object]:
        name, equals, value = part.partition("=")
        if not equals or not name.strip():
            message = f"'{part}' is not a key=value pair: write {self.example}."
            raise forms.ValidationError(message)
        return name.strip(), self.read(name.strip(), value.strip())

    def read(self, name: str, value: str) -> object:  # noqa: ARG002
        return value


class AmountsField(PairsField):
    """Names with numbers; memory also takes a unit: `memory=4Gi`."""

    def read(self, name: str, value: str) -> object:
        try:
            amount = parse_bytes(value) if "memory" in name else float(value)
        except ValueError:
            amount = -1
        if not 0 <= amount <= LARGEST:
            raise forms.ValidationError(f"'{name}={value}': write a number, such as {name}=2.")
        return float(amount)


class MemoryField(forms.CharField):
    """An amount of memory with its unit, such as 32Gi; its value is in bytes."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, **options)
        self.widget.attrs["placeholder"] = "32Gi"

    def to_python(self, value: Any) -> Any:
        if isinstance(value, int) or not value:
            return value or None
        try:
            return parse_bytes(str(value).strip())
        except ValueError as unreadable:
            raise forms.ValidationError(str(unreadable)) from None

    def prepare_value(self, value: Any) -> Any:
        return format_bytes(value) if isinstance(value, int) else value


class NamesField(forms.CharField):
    """Names on one line: `us-west-2a, us-west-2b`; its value is None when there is none."""

    def __init__(self, *, example: str, **options: Any) -> None:
        super().__init__(required=False, **options)
        self.widget.attrs["placeholder"] = example

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list | tuple) or not value:
            return tuple(value) if value else None
        return tuple(_parts(str(value))) or None

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list | tuple) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(initial) != self.to_python(data))


class YamlField(forms.CharField):
    """A part of the configuration as YAML; its value is plain, None when the field is empty.

    What is wrong with it is said beside the field, at the path that it has in the whole.
    """

    def __init__(self, *, wrap: Wrap, example: str, rows: int = 3, **options: Any) -> None:
        attrs = {"rows": rows, "spellcheck": "false", "class": "mono", "placeholder": example}
        widget = forms.Textarea(attrs=attrs)
        super().__init__(required=False, strip=False, widget=widget, **options)
        self.wrap = wrap

    def to_python(self, value: Any) -> Any:
        text = str(value or "")
        if not text.strip():
            return None
        tree = read(text.replace("\r\n", "\n"))
        if not tree.is_complete or tree.problems:
            raise forms.ValidationError(_said(tree.problems))
        try:
            plain = Cleaning().clean(tree.value)
        except TooMuch as too_much:
            raise forms.ValidationError(too_much.problem.message) from None
        found = structure(self.wrap(plain))
        if found.draft is None or found.problems:
            raise forms.ValidationError(_said(found.problems))
        return plain

    def has_changed(self, initial: Any, data: Any) -> bool:
        if str(data or "").replace("\r\n", "\n") == (initial or ""):
            return False  # which spares reading both
        try:
            return bool(self.to_python(initial) != self.to_python(data))
        except forms.ValidationError:
            return True


class NodesOrPercentField(forms.CharField):
    """A number of nodes, or a percentage such as 10%; nothing is 0."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, **options)
        self.widget.attrs.setdefault("placeholder", "2 or 10%")

    def to_python(self, value: Any) -> Any:
        written = str(value or "0").strip()
        if written.isdecimal() and len(written) <= 15:
            return int(written)
        if part_of(written, 100) is None:
            raise forms.ValidationError("Write a number of nodes, or a percentage such as 10%.")
        return written

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(initial) != self.to_python(data))
        except forms.ValidationError:
            return True


class LinesField(forms.CharField):
    """Text of several lines, ended as YAML ends them."""

    def __init__(self, *, example: str, **options: Any) -> None:
        attrs = {"rows": 2, "spellcheck": "false", "class": "mono", "placeholder": example}
        widget = forms.Textarea(attrs=attrs)
        super().__init__(required=False, strip=False, widget=widget, **options)

    def to_python(self, value: Any) -> Any:
        return str(value or "").replace("\r\n", "\n")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(initial) != self.to_python(data))


def yaml(path: str, label: str, *, example: str, rows: int = 3, within: Within = dict) -> YamlField:
    """Return a field for the part at the path as YAML, checked within the whole of it."""

    def wrap(value: Any) -> dict[str, Any]:
        for key in reversed(path.split(".")):
            value = {key: value}
        return within(value)

    return YamlField(wrap=wrap, example=example, rows=rows, label=label)


def in_head(part: dict[str, Any]) -> dict[str, Any]:
    """Return the smallest configuration with this part of a head."""
    return {"head_node": {"instance_type": "a", **part}}


def in_group(part: dict[str, Any]) -> dict[str, Any]:
    """Return the smallest configuration with this part of a group."""
    return {"worker_nodes": [{"instance_type": "a", **part}]}


def yaml_text(value: object) -> str:
    """Return a part of a configuration as the YAML field shows it; an empty one as {}."""
    if value is None:
        return ""
    plain = value if isinstance(value, list) else tidied(value)
    return _YAML.get(repr(plain), lambda: dump_value(plain) or "{}\n")


MOST_LETTERS = 2_000_000
_YAML: Memory[str] = Memory(MOST_LETTERS, weigh=len)
"""Parts that were shown before: writing YAML takes long."""


def as_text(value: object) -> str:
    """Return a value as its field shows it."""
    match value:
        case None:
            return ""
        case Mapping():
            return in_pairs(value)
        case list() | tuple():
            return ", ".join(map(str, value))
        case float():
            return str(tidy_number(value))
    return str(value)


def in_pairs(amounts: Mapping[str, object]) -> str:
    """A mapping on one line: `CPU=2, special=3`."""
    return ", ".join(f"{name}={as_text(value)}" for name, value in amounts.items())


def _said(problems: Iterable[Problem]) -> str:
    first = next(iter(problems), None)
    return f"{first.message} {first.hint}".strip() if first else "Could not parse this value."


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.replace("\n", ",").split(",") if part.strip()]
