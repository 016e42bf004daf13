"""The fields of the template editor. Forms parse and report; `clusters.editor` puts them to use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from django import forms

from domain.quantities import LARGEST, parse_bytes, tidy_number

type Choices = list[tuple[str, str]]

NAME_RULE = r"^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$"


class NameForm(forms.Form):
    """What a new template is called."""

    name = forms.RegexField(
        NAME_RULE,
        label="Template name",
        error_messages={
            "invalid": "Use lower-case letters, digits and hyphens; begin with a letter, "
            "at most 63 characters."
        },
    )


class MessageForm(forms.Form):
    """What a version is about, for those who read the list."""

    message = forms.CharField(
        max_length=200,
        label="Message",
        help_text="What is different, and why.",
        error_messages={"required": "Say in a few words what is different."},
    )


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


def _as_written(**options: Any) -> forms.CharField:
    """A text that may be empty and is not trimmed: the YAML may say the same."""
    return forms.CharField(required=False, strip=False, **options)


class ConfigForm(forms.Form):
    """The cluster as a whole."""

    cloud = _as_written(widget=forms.Select, label="Cloud")
    image = _as_written(widget=forms.Select, label="Image")
    head_size = _as_written(widget=forms.Select, label="Head size")
    autoscaling = forms.BooleanField(required=False, label="Scale the groups by demand")
    idle_minutes = forms.IntegerField(
        min_value=0,
        max_value=LARGEST,
        label="Terminate when idle (minutes)",
        help_text="0: never.",
    )
    max_lifetime_minutes = forms.IntegerField(
        min_value=0, max_value=LARGEST, label="Maximum lifetime (minutes)", help_text="0: no limit."
    )
    worker_idle_seconds = forms.IntegerField(
        min_value=0, max_value=LARGEST, label="Give back idle workers (seconds)"
    )
    max_cpu = forms.FloatField(
        min_value=0,
        max_value=LARGEST,
        required=False,
        label="Maximum CPUs",
        help_text="Empty: no limit.",
    )
    max_gpu = forms.FloatField(
        min_value=0,
        max_value=LARGEST,
        required=False,
        label="Maximum GPUs",
        help_text="Empty: no limit.",
    )


class GroupForm(forms.Form):
    """One group of workers; `nodes` takes the place of `min` and `max` without autoscaling."""

    name = _as_written(label="Name")
    size = _as_written(widget=forms.Select, label="Size")
    min_nodes = forms.IntegerField(min_value=0, max_value=LARGEST, label="Min")
    max_nodes = forms.IntegerField(min_value=1, max_value=LARGEST, label="Max")
    nodes = forms.IntegerField(min_value=0, max_value=LARGEST, label="Nodes")
    resources = AmountsField(example="CPU=2, special=3", label="Logical resources")
    labels = PairsField(example="stage=train, tier=spot", label="Labels")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # The page shows either min and max or nodes: what was not shown has not changed.
        for name in ("min_nodes", "max_nodes", "nodes"):
            if self.add_prefix(name) not in self.data:
                del self.fields[name]


def offer(form: forms.Form, name: str, choices: Choices) -> None:
    """Let the field `name` choose among `choices`, and keep what it has now, whatever it is."""
    now = form[name].value() or ""
    known = [value for value, _ in choices]
    if now and now not in known:
        choices = [*choices, (now, f"{now} (not offered)")]
    widget = cast("forms.Select", form.fields[name].widget)
    widget.choices = choices


def changed(form: forms.Form) -> dict[str, Any]:
    """The values that were posted, are readable, and differ from what the form began with."""
    form.full_clean()
    return {
        name: form.cleaned_data[name] for name in form.changed_data if name in form.cleaned_data
    }


def as_posted(initial: Mapping[str, Any], *, prefix: str = "") -> dict[str, str]:
    """Fields with these values as a browser would post them."""
    posted: dict[str, str] = {}
    for name, value in initial.items():
        text = "on" if value is True else _as_text(value)
        if value is not False:
            posted[f"{prefix}-{name}" if prefix else name] = text
    return posted


def in_pairs(amounts: Mapping[str, object]) -> str:
    """A mapping on one line: `CPU=2, special=3`."""
    return ", ".join(f"{name}={_as_text(value)}" for name, value in amounts.items())


def _as_text(value: object) -> str:
    match value:
        case None:
            return ""
        case Mapping():
            return in_pairs(value)
        case float():
            return str(tidy_number(value))
    return str(value)


def _parts(text: str) -> Iterable[str]:
    return [part.strip() for part in text.replace("\n", ",").split(",") if part.strip()]
