"""The form of the editor, bound to what was posted or to what a text says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import QueryDict

from configurations.editor.entries import bound_entries, posted_entries
from configurations.editor.fields import HEAD_NODE, MACHINES
from configurations.editor.forms.base import as_posted
from configurations.editor.forms.cluster import ConfigForm, HeadForm
from configurations.editor.group_rows import MORE_FIELDS, GroupFormRow
from configurations.editor.instance import (
    BoundForm,
    Kinds,
    posted_block,
    prefix_of,
)
from configurations.editor.lists.entry import Entry
from configurations.editor.rows import keys_of
from configurations.editor.values import group_values_of, head_values_of, part_of, values_of
from domain.configuration.spec import ComputeConfig, HeadNode, WorkerGroup
from domain.offerings import ProviderKind

MANY_ROWS = 10
"""With more groups than this, fields that most leave alone are sent only when asked for."""


@dataclass
class Forms:
    """The form's parts, bound to what was posted."""

    data: QueryDict
    config: BoundForm[ConfigForm]
    head: BoundForm[HeadForm]
    rows: list[GroupFormRow]
    lists: dict[str, list[Entry]]  # schedules, rules and budgets


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
    fields, rows = _by_row(data), []
    for index, key in enumerate(keys):
        place = index if at is not None else _place(data.get(f"{key}-at"), was)
        group = was.groups[place] if place is not None else None
        posted = {name: text for name, text in fields.get(key, {}).items() if name != f"{key}-at"}
        if key in asked and f"{key}-labels" not in posted:
            # It is shown for the first time: what it is comes from the configuration.
            posted |= _more_of(group, was, kind=kind, key=key)
        is_shown = len(keys) <= MANY_ROWS or f"{key}-block" in posted
        wants_more = key in asked
        rows.append(GroupFormRow(key, place, group, was, posted, kind, is_shown, wants_more))
    head = was.head_node or HeadNode()
    lists = bound_entries(data, was, fields, in_order=at is not None)
    own = {name: str(data[name]) for name in ConfigForm.base_fields if name in data}
    own |= fields.get(prefix_of(""), {})
    block = was.advanced_instance_config or None
    return Forms(
        data,
        BoundForm(ConfigForm, "", MACHINES, own, values_of(was), block, kind),
        BoundForm(
            HeadForm,
            "head",
            HEAD_NODE,
            fields.get("head", {}),
            head_values_of(was),
            head.advanced_instance_config,
            kind,
        ),
        rows,
        lists,
    )


def _by_row(data: QueryDict) -> dict[str, dict[str, str]]:
    """The fields of each row, by the row's key."""
    fields: dict[str, dict[str, str]] = {}
    for name, text in data.items():
        key, dash, _ = name.partition("-")
        if dash:
            fields.setdefault(key, {})[name] = str(text)
    return fields


def _more_of(
    group: WorkerGroup | None, was: ComputeConfig, *, kind: ProviderKind | None, key: str
) -> dict[str, str]:
    """The fields that most leave alone, as a browser posts them."""
    initial = group_values_of(group, was) if group else {}
    more = {name: initial[name] for name in MORE_FIELDS if name in initial}
    block = group.advanced_instance_config if group else None
    return as_posted(more, prefix=key) | posted_block(block, kind=kind, key=key)


def _place(text: str | None, was: ComputeConfig) -> int | None:
    if not text or not text.isdecimal() or len(text) > 6:
        return None
    return int(text) if int(text) < len(was.groups) else None
