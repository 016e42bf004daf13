"""The sections of the form: which fields stand in which, in the order of the page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django import forms

from configurations.editor.forms.instance import SettingsForm
from configurations.editor.forms.scaling import RuleForm, WindowForm
from configurations.editor.forms.template import ConfigForm, HeadForm

BASICS, HEAD, GROUPS, LIMITS = "basics", "head", "groups", "limits"
ZONES, END, MACHINES, STORAGE = "zones", "end", "machines", "storage"
ENVIRONMENTS, ADVANCED, SCALING = "environments", "advanced", "scaling"

LABELS = {
    BASICS: "Basics",
    HEAD: "Head",
    GROUPS: "Worker groups",
    SCALING: "Scaling",
    LIMITS: "Limits",
    ZONES: "Zones and spot",
    END: "Idle and lifetime",
    MACHINES: "Instance configuration",
    STORAGE: "Storage",
    ENVIRONMENTS: "Environments",
    ADVANCED: "Advanced",
}
FIELDS = {
    BASICS: ("cloud", "cloud_resource", "image"),
    SCALING: (
        "objective", "consolidation", "forecast_mode", "forecast_quantile", "forecast_error",
    ),
    LIMITS: ("max_cpu", "max_gpu", "more_max", "min_resources", "max_usd_per_hour"),
    ZONES: ("zones", "cross_zone", "threshold", "zone_timeout"),
    END: ("idle_minutes", "max_lifetime_minutes", "worker_idle_seconds"),
    MACHINES: ("merge_blocks", "block"),
    STORAGE: ("mounts", "no_nfs"),
    ENVIRONMENTS: ("environments",),
    ADVANCED: (
        "strategy", "starting_timeout", "recovering_timeout", "no_gpu_checks", "auto_select",
        "more_flags",
    ),
}  # fmt: skip
_OF_FIELD = {name: section for section, names in FIELDS.items() for name in names}
_OF_FIELD["autoscaling"] = GROUPS


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section as the navigation shows it."""

    key: str
    label: str
    errors: int
    warnings: int


def section_of(form: forms.Form, name: str) -> str:
    """Return the section in which the field `name` of that form stands."""
    if isinstance(form, SettingsForm):
        return form.section
    if isinstance(form, WindowForm | RuleForm):
        return SCALING
    if isinstance(form, ConfigForm):
        return _OF_FIELD.get(name, "")
    return HEAD if isinstance(form, HeadForm) else GROUPS


def sections(found: Iterable[tuple[str, str]]) -> list[Section]:
    """Return all sections with their counts, of (section, tone) of what was found."""
    tones = list(found)
    return [
        Section(
            key=key,
            label=label,
            errors=tones.count((key, "bad")),
            warnings=tones.count((key, "warn")),
        )
        for key, label in LABELS.items()
    ]
