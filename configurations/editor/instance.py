"""Forms with the typed settings of an instance configuration, and what these change."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Any

from django import forms

from clouds.models import Cloud
from configurations.editor.forms.base import EditorForm, FieldWithNotes, as_posted, changed
from configurations.editor.forms.instance import SettingsForm
from configurations.editor.tables.inputs import yaml_text
from domain.instance_settings import Reading, Setting, SettingsTable
from domain.offerings import ProviderKind
from domain.yaml.memory import Memory
from providers import registry

type Values = dict[str, Any]
type Block = Mapping[str, Any] | None
type Kinds = Mapping[str, ProviderKind]
"""The provider of each cloud that a team may use, by its name."""

MOST_READINGS = 500
"""Forms of clusters and heads whose reading a process keeps."""
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


def kinds_of(clouds: Iterable[Cloud]) -> Kinds:
    """Return the provider of each of these clouds."""
    return {cloud.name: ProviderKind(cloud.provider) for cloud in clouds}


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


@dataclass(frozen=True, slots=True)
class FormReading:
    """What the fields say that is not in the configuration yet."""

    changes: Mapping[str, Any]
    is_readable: bool
    has_new_settings: bool  # typed settings of its machine were changed


@dataclass
class BoundForm[F: EditorForm]:
    """A form with its typed settings, made when it is first looked at.

    `dress` is what the form gets then, and `offers` all that it takes from the catalogue.
    """

    made_of: type[F]
    key: str  # what the names of its fields begin with; "" for the cluster
    section: str
    posted: Mapping[str, str]  # its own fields
    values: Mapping[str, Any]  # what they were
    block: Mapping[str, Any] | None
    kind: ProviderKind | None
    dress: Callable[[F], None] | None = field(default=None, repr=False)
    offers: Hashable = None

    @cached_property
    def facts(self) -> Hashable:
        """All that the form is made of: those with the same facts read the same."""
        posted = frozenset(self.posted.items())
        return self.made_of, posted, repr(self.values), repr(self.block), self.kind

    @cached_property
    def _made(self) -> tuple[F, TypedSettings | None]:
        typed = typed_for(
            self.posted, self.block, kind=self.kind, key=self.key, section=self.section
        )
        initial = with_rest(dict(self.values), typed)
        form = self.made_of(self.posted, prefix=self.key or None, initial=initial)
        name_box(form, typed)
        if self.dress is not None:
            self.dress(form)
        return form, typed

    @property
    def form(self) -> F:
        """The fields."""
        return self._made[0]

    @property
    def typed(self) -> TypedSettings | None:
        """The typed settings of the machines, where the cloud has some."""
        return self._made[1]

    def dressed(self, dress: Callable[[F], None], *, offers: Hashable) -> None:
        """Do this to the form: at once if it is there, else when it is made."""
        self.dress, self.offers = dress, offers
        if self._is_made:
            dress(self.form)

    @property
    def _is_made(self) -> bool:
        return "_made" in self.__dict__

    @property
    def reading(self) -> FormReading:
        """What was changed in it; from memory where the same was posted before."""
        return _READINGS.get(self.facts, self._read)

    def _read(self) -> FormReading:
        form, typed = self._made
        new = bool(typed and changed(typed.form))
        changes = with_block(changed(form), typed)
        return FormReading(changes, not form.errors and not (typed and typed.form.errors), new)

    @property
    def look(self) -> Hashable | None:
        """All that the page shows of it; None while something is said beside its fields."""
        if self._is_made:
            form, typed = self._made
            made: list[EditorForm] = [form, *([typed.form] if typed else [])]
            is_clean = not any(one.errors or one.notes for one in made)
        else:
            is_clean = self.reading.is_readable
        return (self.facts, self.offers) if is_clean else None


_READINGS: Memory[FormReading] = Memory(MOST_READINGS)
