"""What people post to the clusters' pages. Forms parse and report; services decide."""

from __future__ import annotations

from functools import cached_property
from typing import Any, cast

from django import forms

from accounts.models import Team
from accounts.services.users import REASON_LENGTH
from clusters.models import Cluster, Group
from clusters.workloads import Workload
from configurations.launch_choices import MOST_VERSIONS, launch_choices
from configurations.launchability import launchability_of
from configurations.models import Version
from configurations.queries import launchable_versions, newest_launchable
from domain.limits import CLUSTER_NAME_LENGTH, MAX_NODES, wrong_name

# Versions that are read to find one that can be launched.
MOST_READ = 50


class LaunchForm(forms.Form):
    """Which version to launch, and under which name."""

    name = forms.CharField(
        max_length=1000,  # clean_name says what a name may be
        label="Cluster name",
        error_messages={"required": "Enter a name for the cluster."},
    )
    # Given with the button "Launch anyway", whose name is `anyway`.
    despite = forms.CharField(
        required=False,
        max_length=REASON_LENGTH,
        label="Reason to launch anyway",
        help_text="Shown in the audit log.",
    )
    # What was suggested last: a name that differs from it was typed.
    suggested_name = forms.CharField(required=False, max_length=1000, widget=forms.HiddenInput)

    def __init__(self, *args: object, team: Team, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.team = team
        self.versions = launchable_versions(team)
        self.launchability = launchability_of(team)
        self.fields["version"] = forms.ModelChoiceField(
            self.versions, label="Configuration", empty_label=None
        )
        self.fields["environment"] = forms.ChoiceField(
            required=False, label="Environment", choices=[("", "None")]
        )

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if wrong := wrong_name(name, longest=CLUSTER_NAME_LENGTH):
            raise forms.ValidationError(wrong)
        return name

    def clean_despite(self) -> str:
        if "anyway" not in self.data:
            return ""
        reason: str = self.cleaned_data["despite"]
        if not reason:
            raise forms.ValidationError("Enter why the launch goes on despite failed checks.")
        return reason

    @cached_property
    def chosen(self) -> Version | None:
        """The version that the form shows: the newest that can be launched, where it names none."""
        given = self.data if self.is_bound else self.initial
        named = str(given.get("version") or "")
        rows = self.versions.filter(pk=named) if named.isdecimal() and len(named) < 19 else None
        if rows and (version := rows.first()):
            return version
        newest = self.versions.order_by("-pk")[:MOST_READ]  # by its index
        return self.launchability.newest(newest) or self.versions.first()

    def describe_versions(self) -> None:
        """Let the version be chosen by template, cloud, machines and price."""
        field = cast("forms.ModelChoiceField[Version]", self.fields["version"])
        rows = newest_launchable(self.team, most=MOST_VERSIONS, chosen=self.chosen)
        rows = rows.defer("text")
        field.choices = launch_choices(rows, chosen=self.chosen, launchability=self.launchability)
        if self.chosen and not self.is_bound:
            self.initial["version"] = self.chosen.pk

    def offer(self, environments: list[str]) -> None:
        """Let the environment be chosen among those that the version says something of."""
        field = cast("forms.ChoiceField", self.fields["environment"])
        field.choices = [("", "None"), *((name, name) for name in environments)]

    @property
    def launch_values(self) -> dict[str, Any]:
        """What to launch, as given."""
        keys = ("name", "version", "environment", "despite")
        return {key: self.cleaned_data[key] for key in keys}

    def suggest(self, name: str) -> None:
        """Fill in this name unless the user has typed their own."""
        if self.initial.get("name", "") in {"", self.initial.get("suggested_name", "")}:
            self.initial["name"] = name
        self.initial["suggested_name"] = name

    def focus_on_error(self) -> None:
        """Let the first field that is refused have the keyboard's focus."""
        refused = next((name for name in self.fields if name in self.errors), None)
        if refused:
            self.fields[refused].widget.attrs["autofocus"] = True


class ResizeForm(forms.Form):
    """How many nodes a group may have."""

    min_nodes = forms.IntegerField(min_value=0, max_value=MAX_NODES, label="Min nodes")
    max_nodes = forms.IntegerField(min_value=0, max_value=MAX_NODES, label="Max nodes")

    @classmethod
    def of(cls, group: Group) -> ResizeForm:
        """Return the form that shows the group as it is."""
        values = {"min_nodes": group.min_nodes, "max_nodes": group.max_nodes}
        return cls(initial=values, prefix=group.name)


class UpdateForm(forms.Form):
    """Which other version of its template a running cluster moves to."""

    replace = forms.BooleanField(
        required=False,
        initial=True,
        label="Replace running nodes now, step by step within the disruption budgets",
    )

    def __init__(self, *args: object, cluster: Cluster, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        rows = launchable_versions(cluster.team).filter(template=cluster.version.template_id)
        self.versions = rows.exclude(pk=cluster.version_id)
        self.fields["version"] = forms.ModelChoiceField(
            self.versions,
            label="Version",
            empty_label=None,
            error_messages={
                "invalid_choice": "Select another version of this cluster's template.",
                "required": "Select the version to update to.",
            },
        )

    @property
    def chosen(self) -> Version | None:
        """The version that the form shows: the newest one where it names none that exists."""
        named = str(self["version"].value() or "")
        rows = self.versions.filter(pk=named) if named.isdecimal() and len(named) < 19 else None
        return (rows.first() if rows else None) or self.versions.first()


class LimitsForm(forms.Form):
    """When a cluster ends by itself; an empty field is never."""

    idle_minutes = forms.IntegerField(
        required=False, min_value=1, label="Idle timeout (minutes)", help_text="Empty: none."
    )
    max_lifetime_minutes = forms.IntegerField(
        required=False, min_value=1, label="Maximum lifetime (minutes)", help_text="Empty: none."
    )

    @classmethod
    def of(cls, cluster: Cluster) -> LimitsForm:
        """Return the form that shows the cluster as it is."""
        return cls(initial={name: getattr(cluster, name) for name in cls.base_fields})


class HoldForm(forms.Form):
    """For how long to pause the idle timer; 0 resumes it."""

    hours = forms.TypedChoiceField(
        coerce=int,
        choices=[(0, "Off"), (1, "1 hour"), (4, "4 hours"), (24, "1 day"), (72, "3 days")],
    )


class WorkloadForm(forms.Form):
    """The parameters of a test workload."""

    def __init__(self, *args: object, workload: Workload, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.kind = workload
        for parameter in workload.parameters:
            self.fields[parameter.name] = forms.FloatField(
                label=parameter.label,
                min_value=parameter.least,
                max_value=parameter.most,
                initial=parameter.default,
            )

    @property
    def values(self) -> dict[str, float]:
        """The parameters as given, by name."""
        return {p.name: self.cleaned_data[p.name] for p in self.kind.parameters}
