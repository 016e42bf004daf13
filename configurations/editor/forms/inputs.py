"""Form fields for what configurations are made of: pairs, amounts, memory, lists, YAML."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django import forms

from domain.configuration.spec import tidied
from domain.problems import Problem
from domain.quantities import LARGEST, format_bytes, parse_bytes, tidy_number
from domain.yaml.plain_tree import Cleaning, TooMuch
from domain.yaml.structure import structure
from domain.yaml.tree import read
from domain.yaml.writing import dump_value

type Wrap = Callable[[Any], dict[str, Any]]
"""Puts a value where it belongs in a whole configuration, so that it can be checked there."""


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
            message = f"'{part}' is no pair: write {self.example}."
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
        try:
            return bool(self.to_python(initial) != self.to_python(data))
        except forms.ValidationError:
            return True


def yaml_text(value: object) -> str:
    """Return a part of a configuration as the YAML field shows it; an empty one as {}."""
    if value is None:
        return ""
    plain = value if isinstance(value, list) else tidied(value)
    return dump_value(plain) or "{}\n"


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
    return f"{first.message} {first.hint}".strip() if first else "This cannot be read."


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.replace("\n", ",").split(",") if part.strip()]
