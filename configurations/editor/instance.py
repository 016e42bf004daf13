"""The typed settings of instance configurations: which are shown, and what they change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django import forms

from accounts.models import Team
from clouds.models import Cloud
from configurations.editor.forms.base import FieldWithNotes, as_posted, changed
from configurations.editor.forms.instance import SettingsForm
from configurations.editor.tables.inputs import yaml_text
from domain.instance_settings import Reading, Setting, SettingsTable
from domain.offerings import ProviderKind
from providers import registry

type Values = dict[str, Any]
type Block = Mapping[str, Any] | None
type Kinds = Mapping[str, ProviderKind]
"""The provider of each cloud that a team may use, by its name."""

OTHER_KEYS = "Other keys of the instance configuration"


@dataclass(frozen=True)
class FieldGroup:
    """Fields of one subject; `words` say what is set, else what could be."""

    name: str
    words: list[str]
    is_set: bool
    fields: list[FieldWithNotes]

    @property
    def said(self) -> str:
        """The words on one line."""
        return ", ".join(self.words)


@dataclass(frozen=True)
class TypedSettings:
    """The typed settings of one block; `reading` is of the block as it was before the post."""

    kind: ProviderKind
    form: SettingsForm
    reading: Reading

    @property
    def groups(self) -> list[FieldGroup]:
        """The fields in their groups."""
        groups = groupby(self.reading.settings, key=lambda one: one.group)
        return [self._group(name, list(settings)) for name, settings in groups]

    def _group(self, name: str, settings: Sequence[Setting]) -> FieldGroup:
        fields = [(self.form[one.name], self.form.notes.get(one.name)) for one in settings]
        set_here = [(field.label, str(field.value())) for field, _ in fields if field.value()]
        words = [f"{label} {text.replace(chr(10), ', ')}" for label, text in set_here]
        return FieldGroup(name, words or [one.label for one in settings], bool(words), fields)

    @property
    def is_used(self) -> bool:
        """True if one of the settings is set or has an error."""
        return bool(self.reading.values or self.form.errors or self.form.notes)


def kinds_of(team: Team) -> Kinds:
    """Return the provider of each cloud that the team may use."""
    rows = Cloud.objects.usable_by(team).values_list("name", "provider")
    return {name: ProviderKind(provider) for name, provider in rows}


def typed_for(
    data: Mapping[str, Any], block: Block, *, kind: ProviderKind | None, key: str, section: str
) -> TypedSettings | None:
    """Return the settings of a block, bound to what was posted; None where the cloud has none."""
    table = _table_of(kind)
    if kind is None or table is None:
        return None
    reading = table.read(block)
    form = SettingsForm(data, reading=reading, prefix=prefix_of(key), section=section)
    return TypedSettings(kind, form, reading)


def _table_of(kind: ProviderKind | None) -> SettingsTable | None:
    return registry.traits_of(kind).settings if kind else None


def prefix_of(key: str) -> str:
    """Return what the names of a block's typed fields begin with; `key` is "" for the cluster."""
    return f"{key}-set" if key else "set"


def posted_block(block: Block, *, kind: ProviderKind | None, key: str) -> dict[str, str]:
    """Return the typed fields of a block, and the box for the rest, as a browser posts them."""
    box = f"{key}-block" if key else "block"
    table = _table_of(kind)
    if table is None:
        return {box: yaml_text(block)}
    reading = table.read(block)
    fields = as_posted(reading.texts, prefix=prefix_of(key))
    return {**fields, box: yaml_text(reading.rest)}


def name_box(form: forms.Form, typed: TypedSettings | None) -> None:
    """Say of the box what it is for, where typed fields stand above it."""
    if typed is not None:
        form.fields["block"].label = OTHER_KEYS
        example = registry.traits_of(typed.kind).example_block
        form.fields["block"].widget.attrs["placeholder"] = example


def with_rest(values: Values, typed: TypedSettings | None) -> Values:
    """Return a form's values with the box showing only what no typed field shows."""
    if typed is None or "block" not in values:
        return values
    return {**values, "block": yaml_text(typed.reading.rest)}


def with_block(new: Values, typed: TypedSettings | None) -> Values:
    """Return changed values with the whole block, if a typed field or the box was changed."""
    if typed is None:
        return new
    settings = changed(typed.form)
    if not settings and "block" not in new:
        return new
    rest = new.get("block", typed.reading.rest)
    return {**new, "block": typed.reading.written(settings, rest=rest)}
