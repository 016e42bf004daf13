"""The form of the editor, bound to what was posted or to what a text says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from configurations.editor.entries import Entry, bound_entries, posted_entries
from configurations.editor.fields import GROUP, GROUP_SETTINGS, GROUPS, HEAD_NODE, MACHINES, ROW
from configurations.editor.forms.base import as_posted
from configurations.editor.forms.cluster import ConfigForm, GroupForm, HeadForm, ShortGroupForm
from configurations.editor.instance import (
    Kinds,
    TypedSettings,
    name_box,
    posted_block,
    typed_for,
    with_rest,
    with_typed,
)
from configurations.editor.rows import keys_of
from configurations.editor.values import group_values_of, head_values_of, part_of, values_of
from domain.configuration.spec import ComputeConfig, HeadNode
from domain.offerings import ProviderKind
from domain.problems import Problem

MANY_ROWS = 10
"""With more groups than this, fields that most leave alone are sent only when asked for."""
MORE_FIELDS = tuple(
    row.name for table in (GROUP, GROUP_SETTINGS) for row in table.rows if row.section != ROW
)


@dataclass
class GroupFormRow:
    """One worker group in the form. `at` is its place in the text that the form was made from."""

    key: str
    at: int | None
    form: ShortGroupForm
    typed: TypedSettings | None = None
    wants_more: bool = False

    @property
    def notes(self) -> dict[str, list[Problem]]:
        """What is worth knowing about its fields."""
        return self.form.notes

    @property
    def has_more(self) -> bool:
        """Whether one of the fields that most leave alone is used here, or has an error."""
        is_used = self.typed is not None and self.typed.is_used
        return is_used or any(
            self.form.errors.get(name) or self.notes.get(name) or self.form.initial.get(name)
            for name in MORE_FIELDS
        )


@dataclass
class Forms:
    """The form's parts, bound to what was posted."""

    config: ConfigForm
    head: HeadForm
    rows: list[GroupFormRow]
    typed: TypedSettings | None
    head_typed: TypedSettings | None
    lists: dict[str, list[Entry]]  # schedules, rules and budgets

    @property
    def all_typed(self) -> list[TypedSettings]:
        """The typed settings of all blocks that show some."""
        found = [self.typed, self.head_typed, *(row.typed for row in self.rows)]
        return [typed for typed in found if typed is not None]


@dataclass
class EditorState:
    """A text, the form that shows it, and the text that the form was made from."""

    text: str
    shown: str
    whole: ComputeConfig
    part: int
    forms: Forms


def kind_of(draft: ComputeConfig, kinds: Kinds) -> ProviderKind | None:
    """Return the provider whose settings are shown: that of the cloud which is chosen."""
    return kinds.get(draft.cloud or "")


def state_of(text: str, whole: ComputeConfig, part: int, kinds: Kinds) -> EditorState:
    """Return the state in which the form shows just what the text says."""
    draft = part_of(whole, part)
    kind, head = kind_of(draft, kinds), draft.head_node or HeadNode()
    data = QueryDict(mutable=True)
    _post(data, as_posted(values_of(draft)))
    _post(data, posted_block(draft.advanced_instance_config or None, kind=kind, key=""))
    _post(data, as_posted(head_values_of(draft), prefix="head"))
    _post(data, posted_block(head.advanced_instance_config, kind=kind, key="head"))
    _post(data, posted_entries(draft))
    is_large = len(draft.groups) > MANY_ROWS
    left_out = {"nodes"} if draft.mobula.autoscaling else {"min_nodes", "max_nodes"}
    left_out |= set(MORE_FIELDS) if is_large else set()
    for index, group in enumerate(draft.groups):
        data.appendlist("rows", f"g{index}")
        data[f"g{index}-at"] = str(index)
        values = group_values_of(group, draft)
        sent = {name: values[name] for name in values if name not in left_out}
        _post(data, as_posted(sent, prefix=f"g{index}"))
        if not is_large:
            own = group.advanced_instance_config
            _post(data, posted_block(own, kind=kind, key=f"g{index}"))
    return EditorState(text, text, whole, part, bound(data, draft, kinds))


def _post(data: QueryDict, fields: Mapping[str, str]) -> None:
    for name, text in fields.items():
        data[name] = text


def bound(data: QueryDict, was: ComputeConfig, kinds: Kinds, *, at: range | None = None) -> Forms:
    """Return the posted fields, each beside what it was in the configuration `was`."""
    kind, keys, asked = kind_of(was, kinds), keys_of(data), data.getlist("more")
    rows = []
    for index, key in enumerate(keys):
        place = index if at is not None else _place(data.get(f"{key}-at"), was)
        group = was.groups[place] if place is not None else None
        initial = group_values_of(group, was) if group else {}
        block = group.advanced_instance_config if group else None
        if key in asked and f"{key}-labels" not in data:
            # It is shown for the first time: what it is comes from the configuration.
            data = with_typed(_with_more(data, key, initial), block, kind=kind, key=key)
        is_shown = len(keys) <= MANY_ROWS or f"{key}-block" in data
        typed = _typed(data, block, kind, key, GROUPS) if is_shown else None
        whole = GroupForm if is_shown else ShortGroupForm
        form = whole(data, prefix=key, initial=with_rest(initial, typed))
        name_box(form, typed)
        rows.append(GroupFormRow(key, place, form, typed, wants_more=key in asked))
    head = was.head_node or HeadNode()
    typed = _typed(data, was.advanced_instance_config or None, kind, "", MACHINES)
    head_typed = _typed(data, head.advanced_instance_config, kind, "head", HEAD_NODE)
    head_values = with_rest(head_values_of(was), head_typed)
    config_form = ConfigForm(data, initial=with_rest(values_of(was), typed))
    head_form = HeadForm(data, prefix="head", initial=head_values)
    name_box(config_form, typed)
    name_box(head_form, head_typed)
    lists = bound_entries(data, was, in_order=at is not None)
    return Forms(config_form, head_form, rows, typed, head_typed, lists)


def _typed(
    data: QueryDict, block: Mapping[str, Any] | None, kind: ProviderKind | None, *place: str
) -> TypedSettings | None:
    key, section = place
    return typed_for(data, block, kind=kind, key=key, section=section)


def _with_more(data: QueryDict, key: str, initial: Mapping[str, Any]) -> QueryDict:
    filled = data.copy()
    more = {name: initial[name] for name in MORE_FIELDS if name in initial}
    filled.update(as_posted(more, prefix=key))
    return filled


def _place(text: str | None, was: ComputeConfig) -> int | None:
    if not text or not text.isdecimal() or len(text) > 6:
        return None
    return int(text) if int(text) < len(was.groups) else None
