"""From a problem's path to the field of the form that shows the value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django import forms

from configurations.editor.group_settings import SETTINGS
from configurations.editor.instance import TypedSettings
from configurations.editor.sections import section_of
from configurations.editor.state import Edit, Finding
from configurations.editor.values import SWITCHES, TEXT_FLAGS
from domain.problems import Problem, Severity, error, is_within, loc_of, parent_of

_FIELDS = {
    "cloud": "cloud",
    "cloud_resource": "cloud_resource",
    "zones": "zones",
    "enable_cross_zone_scaling": "cross_zone",
    "auto_select_worker_config": "auto_select",
    "min_resources": "min_resources",
    "max_resources": "more_max",
    "max_resources.CPU": "max_cpu",
    "max_resources.GPU": "max_gpu",
    "advanced_instance_config": "block",
    "flags": "more_flags",
    "flags.idle_termination_seconds": "worker_idle_seconds",
    **{f"flags.{flag}": field for field, flag in (TEXT_FLAGS | SWITCHES).items()},
    "mobula.image": "image",
    "mobula.autoscaling": "autoscaling",
    "mobula.idle_minutes": "idle_minutes",
    "mobula.max_lifetime_minutes": "max_lifetime_minutes",
    "mobula.worker_idle_seconds": "worker_idle_seconds",
    "mobula.max_usd_per_hour": "max_usd_per_hour",
    "mobula.merge_instance_config": "merge_blocks",
    "mobula.mounts": "mounts",
    "mobula.environments": "environments",
    "mobula.scaling.objective": "objective",
    "mobula.scaling.consolidation": "consolidation",
    "mobula.scaling.forecast": "forecast_mode",
    "mobula.scaling.forecast.quantile": "forecast_quantile",
    "mobula.scaling.forecast.max_error_percent": "forecast_error",
}
_NODE_FIELDS = {
    "instance_type": "size",
    "required_resources": "need_cpu",
    "required_resources.CPU": "need_cpu",
    "required_resources.memory": "need_memory",
    "required_resources.GPU": "need_gpu",
    "required_resources.TPU": "need_tpu",
    "required_resources.tpu_hosts": "need_tpu_hosts",
    "required_resources.accelerator": "need_accelerator",
    "required_resources.cpu_architecture": "need_arch",
    "resources": "resources",
    "labels": "labels",
    "required_labels": "required_labels",
    "advanced_instance_config": "block",
    "flags": "flags",
    "cloud_deployment": "deployment",
}
_GROUP_FIELDS = {
    **_NODE_FIELDS,
    **{name: name for name in ("name", "min_nodes", "max_nodes")},
    "market_type": "market",
    "flags.replacement_threshold": "threshold",
    "flags.pricing_weight": "weight",
}
_SETTING_FIELDS = {key: name for name, key in SETTINGS.items()}
_ENTRY = re.compile(r"mobula\.scaling\.(schedules|rules|budgets)\[(\d{1,6})\]\.?(.*)", re.DOTALL)
_ENTRY_FIELDS = {"days": "when"}
_GROUP = re.compile(r"worker_nodes\[(\d{1,6})\]\.?(.*)", re.DOTALL)
_PART = re.compile(r"configs\[(\d{1,6})\]\.(.*)", re.DOTALL)


def place(edit: Edit, found: Iterable[Problem]) -> None:
    """Put each problem beside its field and into the list, after those of the fields themselves."""
    unreadable = [*_unreadable(edit.form, ""), *_unreadable_of(edit.typed, "")]
    unreadable += [*_unreadable(edit.head, "Head: "), *_unreadable_of(edit.head_typed, "Head: ")]
    for index, row in enumerate(edit.rows):
        where = f"Group {index + 1}: "
        unreadable += [*_unreadable(row.form, where), *_unreadable_of(row.typed, where)]
    for entry in [*edit.schedules, *edit.rules, *edit.budgets]:
        unreadable += _unreadable(entry.form, f"{entry.title}: ")
    edit.findings = unreadable + [_found(edit, problem) for problem in found]


def _unreadable(form: forms.Form, where: str) -> Iterable[Finding]:
    for name, messages in form.errors.items():
        for message in messages:
            label = f"{where}{form.fields[name].label}"
            problem = error("", "unreadable-field", f"{label}: {message}")
            yield Finding(problem, form[name].auto_id, section_of(form, name))


def _unreadable_of(typed: TypedSettings | None, where: str) -> Iterable[Finding]:
    return _unreadable(typed.form, where) if typed else ()


def _found(edit: Edit, problem: Problem) -> Finding:
    """Show the problem at its field; the finding knows where that is."""
    spot = _spot(edit, problem.path)
    if spot is None:
        return Finding(problem)
    if problem.severity is Severity.ERROR and spot.name:
        spot.form.add_error(spot.name, f"{problem.message} {problem.hint}".strip())
    else:
        spot.notes.setdefault(spot.name or "row", []).append(problem)
    auto_id = spot.form[spot.name].auto_id if spot.name else ""
    return Finding(problem, auto_id, section_of(spot.form, spot.name))


@dataclass(frozen=True, slots=True)
class _Spot:
    """A place in the form: the field's name, "" for a whole group."""

    form: forms.Form
    notes: dict[str, list[Problem]]
    name: str


def _spot(edit: Edit, path: str) -> _Spot | None:
    if part := _PART.match(path):
        if int(part[1]) != edit.part:
            return None
        path = part[2]
    if path.startswith("head_node"):
        path = path.removeprefix("head_node").lstrip(".")
        if spot := _typed_spot(edit.head_typed, path):
            return spot
        name = _nearest(path, _NODE_FIELDS, edit.head)
        return _Spot(edit.head, edit.head_notes, name or "size")
    if group := _GROUP.match(path):
        if int(group[1]) >= len(edit.rows):
            return None
        row = edit.rows[int(group[1])]
        if spot := _typed_spot(row.typed, group[2]):
            return spot
        return _Spot(row.form, row.notes, _nearest(group[2], _GROUP_FIELDS, row.form))
    if spot := _own_spot(edit, path) or _typed_spot(edit.typed, path):
        return spot
    name = _nearest(path, _FIELDS, edit.form)
    return _Spot(edit.form, edit.notes, name) if name else None


def _own_spot(edit: Edit, path: str) -> _Spot | None:
    """What our block says about scaling and about single groups."""
    if entry := _ENTRY.match(path):
        return _entry_spot(edit, entry[1], int(entry[2]), entry[3])
    return _settings_spot(edit, path) if is_within(path, "mobula.groups") else None


def _entry_spot(edit: Edit, name: str, index: int, rest: str) -> _Spot | None:
    """The field of a schedule, rule or budget."""
    entries = edit.forms.lists.get(name, [])
    if index >= len(entries):
        return None
    row = entries[index]
    first = re.split(r"[.\[]", rest, maxsplit=1)[0]
    field = _ENTRY_FIELDS.get(first, first)
    shown = field if field in row.form.fields else "when"
    return _Spot(row.form, row.notes, shown if shown in row.form.fields else "")


def _settings_spot(edit: Edit, path: str) -> _Spot | None:
    """The field of the row of the group that our block speaks of."""
    _, _, name, *rest = (*loc_of(path), "", "")
    for row, group in zip(edit.rows, edit.draft.groups, strict=False):
        if group.name == name:
            field = _SETTING_FIELDS.get(str(rest[0]), "")
            return _Spot(row.form, row.notes, field if field in row.form.fields else "")
    return None


_BLOCK = "advanced_instance_config"


def _typed_spot(typed: TypedSettings | None, path: str) -> _Spot | None:
    """The typed field that shows what stands at the path inside a block."""
    if typed is None or path == _BLOCK or not is_within(path, _BLOCK):
        return None
    name = typed.reading.name_at(loc_of(path)[1:])
    return _Spot(typed.form, typed.notes, name) if name else None


def _nearest(path: str, fields: Mapping[str, str], form: forms.Form) -> str:
    """The field of the path, or of the nearest thing around it; "" without one."""
    while path and path not in fields:
        path = parent_of(path)
    name = fields.get(path, "")
    if name in {"min_nodes", "max_nodes"} and name not in form.fields:
        name = "nodes"
    return name if name in form.fields else ""
