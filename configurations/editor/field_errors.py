"""From a problem's path to the field of the form that shows the value."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from configurations.editor.fields import CLUSTER, GROUP, GROUP_SETTINGS, HEAD
from configurations.editor.forms.base import EditorForm
from configurations.editor.instance import TypedSettings
from configurations.editor.lists.entry_kinds import KINDS
from configurations.editor.state import Edit, Finding
from configurations.editor.tables.table import Table
from configurations.editor.values import ENTRIES
from domain.problems import Problem, Severity, error, is_within, loc_of, parent_of, path_of
from domain.yaml.fixes import safely_fixed

_GROUP = re.compile(r"worker_nodes\[(\d{1,6})\]\.?(.*)", re.DOTALL)
_PART = re.compile(r"configs\[(\d{1,6})\]\.(.*)", re.DOTALL)


def place(edit: Edit, found: Iterable[Problem]) -> None:
    """Put each problem beside its field and into the list, after those of the fields themselves."""
    unreadable: list[Finding] = []
    for bound, where in ((edit.forms.config, ""), (edit.forms.head, "Head: ")):
        if not bound.reading.is_readable:
            unreadable += [*_unreadable(bound.form, where), *_unreadable_of(bound.typed, where)]
    for index, row in enumerate(edit.rows):
        if row.reading.is_readable:
            continue
        where = f"Group {index + 1}: "
        unreadable += [*_unreadable(row.form, where), *_unreadable_of(row.typed, where)]
    for entry in (entry for rows in edit.forms.lists.values() for entry in rows):
        if not entry.reading.is_readable:
            unreadable += _unreadable(entry.form, f"{entry.title}: ")
    problems = list(found)
    safe = {id(problem) for problem in safely_fixed(edit.text, problems)}
    edit.findings = unreadable + [
        replace(_found(edit, problem), is_safe=id(problem) in safe) for problem in problems
    ]


def _unreadable(form: EditorForm, where: str) -> Iterable[Finding]:
    for name, messages in form.errors.items():
        for message in messages:
            label = f"{where}{form.fields[name].label}"
            problem = error("", "unreadable-field", f"{label}: {message}")
            yield Finding(problem, form[name].auto_id, form.section_of(name))


def _unreadable_of(typed: TypedSettings | None, where: str) -> Iterable[Finding]:
    return _unreadable(typed.form, where) if typed else ()


def _found(edit: Edit, problem: Problem) -> Finding:
    """Show the problem at its field; the finding knows where that is."""
    spot = _spot(edit, problem.path)
    if spot is None:
        return Finding(problem)
    form, name = spot
    if problem.severity is Severity.ERROR and name:
        form.add_error(name, f"{problem.message} {problem.hint}".strip())
    else:
        form.notes.setdefault(name or form.whole, []).append(problem)
    return Finding(problem, form[name].auto_id if name else "", form.section_of(name))


type _Spot = tuple[EditorForm, str]
"""A form, and the name of one of its fields; "" for a whole row."""


def _spot(edit: Edit, path: str) -> _Spot | None:
    if part := _PART.match(path):
        if int(part[1]) != edit.part:
            return None
        path = part[2]
    if path.startswith("head_node"):
        path = path.removeprefix("head_node").lstrip(".")
        return _typed_spot(edit.head_typed, path) or _nearest(path, HEAD, edit.head)
    if group := _GROUP.match(path):
        if int(group[1]) >= len(edit.rows):
            return None
        row = edit.rows[int(group[1])]
        return _typed_spot(row.typed, group[2]) or _nearest(group[2], GROUP, row.form)
    if (spot := _entry_spot(edit, path)) is not None:
        return spot
    if is_within(path, "mobula.groups") and (spot := _settings_spot(edit, path)):
        return spot
    spot = _typed_spot(edit.typed, path) or _nearest(path, CLUSTER, edit.form)
    return spot if spot[1] else None


def _entry_spot(edit: Edit, path: str) -> _Spot | None:
    """The field of a row of one of the lists."""
    loc = loc_of(path)
    for name, kind in KINDS.items():
        rows = edit.forms.lists.get(name, [])
        spot = kind.at(edit.draft, loc) if rows else None
        if spot is not None and spot[0] < len(rows):
            row = rows[spot[0]]
            return _nearest(path_of(spot[1]), ENTRIES[type(row.one)], row.form)
    return None


def _settings_spot(edit: Edit, path: str) -> _Spot | None:
    """The field of the row of the group that our block speaks of."""
    _, _, name, *rest = (*loc_of(path), "", "")
    for row, group in zip(edit.rows, edit.draft.groups, strict=False):
        if group.name == name:
            return _nearest(str(rest[0]), GROUP_SETTINGS, row.form)
    return None


_BLOCK = "advanced_instance_config"


def _typed_spot(typed: TypedSettings | None, path: str) -> _Spot | None:
    """The typed field that shows what stands at the path inside a block."""
    if typed is None or path == _BLOCK or not is_within(path, _BLOCK):
        return None
    name = typed.reading.name_at(loc_of(path)[1:])
    return (typed.form, name) if name else None


def _nearest(path: str, table: Table, form: EditorForm) -> _Spot:
    """The field of the path, or of the nearest thing around it; "" without one."""
    while True:
        for name in table.places.get(path, ()):
            if name in form.fields:
                return form, name
        if not path:
            return form, ""
        path = parent_of(path)
