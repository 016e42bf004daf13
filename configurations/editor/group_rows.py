"""The rows of worker groups in the form; of those posted before, the form is not made again."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from configurations.editor.fields import GROUP, GROUP_SETTINGS, GROUPS, ROW
from configurations.editor.forms.base import FieldWithNotes, changed
from configurations.editor.forms.cluster import GroupForm, ShortGroupForm
from configurations.editor.instance import (
    FormReading,
    TypedSettings,
    name_box,
    typed_for,
    with_block,
    with_rest,
)
from configurations.editor.values import group_values_of
from domain.configuration.spec import ComputeConfig, WorkerGroup
from domain.offerings import ProviderKind
from domain.problems import Problem
from domain.yaml.memory import Memory

MORE_FIELDS = tuple(
    row.name for table in (GROUP, GROUP_SETTINGS) for row in table.rows if row.section != ROW
)
MOST_READINGS = 2_000
"""Rows whose reading a process keeps: about as many as fifty people edit."""


@dataclass
class GroupFormRow:
    """One worker group in the form. `at` is its place in the text that the form was made from.

    Its form is made when it is first looked at; `dress` is what the form gets then.
    """

    key: str
    at: int | None
    group: WorkerGroup | None
    was: ComputeConfig
    posted: Mapping[str, str]  # its own fields
    kind: ProviderKind | None
    is_shown: bool  # with all fields, also those that most leave alone
    wants_more: bool = False
    dress: Callable[[ShortGroupForm], None] | None = field(default=None, repr=False)

    @cached_property
    def facts(self) -> Hashable:
        """All that the form is made of: rows with the same facts read and look the same."""
        own = self.was.settings_of(self.group.name) if self.group else None
        return (
            self.key, frozenset(self.posted.items()), repr(self.group), repr(own),
            self.kind, self.is_shown, self.wants_more,
        )  # fmt: skip

    @cached_property
    def _made(self) -> tuple[ShortGroupForm, TypedSettings | None]:
        block = self.group.advanced_instance_config if self.group else None
        initial = group_values_of(self.group, self.was) if self.group else {}
        typed = None
        if self.is_shown:
            typed = typed_for(self.posted, block, kind=self.kind, key=self.key, section=GROUPS)
        whole = GroupForm if self.is_shown else ShortGroupForm
        form = whole(self.posted, prefix=self.key, initial=with_rest(initial, typed))
        name_box(form, typed)
        if self.dress is not None:
            self.dress(form)
        return form, typed

    @property
    def form(self) -> ShortGroupForm:
        """The fields of the group."""
        return self._made[0]

    @property
    def typed(self) -> TypedSettings | None:
        """The typed settings of its machines, where its cloud has some and they are shown."""
        return self._made[1]

    @property
    def is_made(self) -> bool:
        """Whether somebody has looked at its form."""
        return "_made" in self.__dict__

    def dressed(self, dress: Callable[[ShortGroupForm], None]) -> None:
        """Do this to the form: at once if it is there, else when it is made."""
        self.dress = dress
        if self.is_made:
            dress(self.form)

    @property
    def reading(self) -> FormReading:
        """What was changed in it; from memory where the same was posted before."""
        return _READINGS.get(self.facts, self._read)

    def _read(self) -> FormReading:
        changes = with_block(changed(self.form), self.typed)
        typed = self.typed
        new = bool(typed and changed(typed.form))
        is_readable = not self.form.errors and not (typed and typed.form.errors)
        return FormReading(changes, is_readable, new)

    @property
    def has_problems(self) -> bool:
        """Whether something is said beside one of its fields."""
        if not self.is_made:
            return not self.reading.is_readable
        forms = [self.form, *([self.typed.form] if self.typed else [])]
        return any(one.errors or one.notes for one in forms)

    @property
    def name(self) -> str:
        """The name as it was typed."""
        return self.posted.get(f"{self.key}-name", "")

    @property
    def notes(self) -> dict[str, list[Problem]]:
        """What is worth knowing about its fields."""
        return self.form.notes

    @property
    def messages(self) -> list[FieldWithNotes]:
        """The fields of the row about which something is said; it stands below all of them."""
        shown = self.form.by_section.get(ROW, [])
        return [(one, notes) for one, notes in shown if one.errors or notes]

    @property
    def has_more(self) -> bool:
        """Whether one of the fields that most leave alone is used here, or has an error."""
        is_used = self.typed is not None and self.typed.is_used
        return is_used or any(
            self.form.errors.get(name) or self.notes.get(name) or self.form.initial.get(name)
            for name in MORE_FIELDS
        )


_READINGS: Memory[FormReading] = Memory(MOST_READINGS)
