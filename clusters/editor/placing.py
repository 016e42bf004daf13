"""From a problem's path to the field of the form that shows the value."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django import forms

from domain.problems import Problem, Severity, error

if TYPE_CHECKING:
    from clusters.editor.edit import Edit, Row

_FIELDS = {
    "cloud": "cloud",
    "mobula.image": "image",
    "head_node": "head_size",
    "head_node.instance_type": "head_size",
    "head_node.required_resources": "head_size",
    "mobula.autoscaling": "autoscaling",
    "mobula.idle_minutes": "idle_minutes",
    "mobula.max_lifetime_minutes": "max_lifetime_minutes",
    "mobula.worker_idle_seconds": "worker_idle_seconds",
    "flags.idle_termination_seconds": "worker_idle_seconds",
    "max_resources.CPU": "max_cpu",
    "max_resources.GPU": "max_gpu",
}
_GROUP = re.compile(r"worker_nodes\[(\d{1,6})\](?:\.(\w+))?")
_GROUP_FIELDS = {
    "instance_type": "size",
    "required_resources": "size",
    **{name: name for name in ("name", "min_nodes", "max_nodes", "resources", "labels")},
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem, and the id of the field in the form that shows the value; "" without one."""

    problem: Problem
    field_id: str = ""

    @property
    def tone(self) -> str:
        """Its colour: bad, warn or busy."""
        tones = {Severity.ERROR: "bad", Severity.WARNING: "warn"}
        return tones.get(self.problem.severity, "busy")


def place(edit: Edit, found: Iterable[Problem]) -> None:
    """Put each problem beside its field and into the list, after those of the fields themselves."""
    unreadable = [*_unreadable(edit.form, "")]
    for index, row in enumerate(edit.rows):
        unreadable += _unreadable(row.form, f"Group {index + 1}: ")
    edit.findings = unreadable + [Finding(p, _put(edit, p)) for p in found]


def _unreadable(form: forms.Form, where: str) -> Iterable[Finding]:
    for name, messages in form.errors.items():
        for message in messages:
            label = f"{where}{form.fields[name].label}"
            problem = error("", "unreadable-field", f"{label}: {message}")
            yield Finding(problem, form[name].auto_id)


def _put(edit: Edit, problem: Problem) -> str:
    """Show the problem at its field; return the field's id, or ""."""
    found = _field(edit, problem.path)
    if found is None:
        return ""
    form, notes, name = found
    if problem.severity is Severity.ERROR and name:
        form.add_error(name, f"{problem.message} {problem.hint}".strip())
    else:
        notes.setdefault(name or "row", []).append(problem)
    return form[name].auto_id if name else ""


def _field(edit: Edit, path: str) -> tuple[forms.Form, dict[str, list[Problem]], str] | None:
    if name := _FIELDS.get(path):
        return edit.form, edit.notes, name
    match = _GROUP.match(path)
    if match is None or int(match[1]) >= len(edit.rows):
        return None
    row = edit.rows[int(match[1])]
    return row.form, row.notes, _group_field(row, match[2])


def _group_field(row: Row, key: str | None) -> str:
    name = _GROUP_FIELDS.get(key or "", "")
    if name in {"min_nodes", "max_nodes"} and name not in row.form.fields:
        name = "nodes"
    return name if name in row.form.fields else ""
