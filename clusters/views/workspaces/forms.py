"""What people post to the pages of workspaces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from django import forms

from accounts.models import Team
from configurations.launch_choices import MOST_VERSIONS, launch_choices
from configurations.launchability import launchability_of
from configurations.models import Version
from configurations.queries import launchable_versions, newest_launchable
from domain.images.captured import Captured
from domain.images.states import LAUNCHABLE_IMAGE_STATES
from domain.limits import CLUSTER_NAME_LENGTH, wrong_name
from images.models import Image, ImageVersion

MOST_IMAGES = 200


class NameForm(forms.Form):
    """The name of a workspace."""

    name = forms.CharField(
        max_length=1000,  # clean_name says what a name may be
        label="Name",
        error_messages={"required": "Enter a name for the workspace."},
    )

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if wrong := wrong_name(name, longest=CLUSTER_NAME_LENGTH):
            raise forms.ValidationError(wrong)
        return name


class WorkspaceForm(NameForm):
    """Which template and image a new workspace runs."""

    def __init__(self, *args: object, team: Team, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        versions = launchable_versions(team)
        self.fields["version"] = forms.ModelChoiceField(
            versions, label="Configuration", empty_label=None
        )
        images = ImageVersion.objects.filter(
            image__in=Image.objects.usable_by(team),
            image__archived_at=None,
            state__in=sorted(LAUNCHABLE_IMAGE_STATES),
            location__startswith="/",
        )
        self.fields["image"] = forms.ModelChoiceField(
            images.select_related("image").order_by("image__name", "-number"),
            required=False,
            label="Image",
            empty_label="As the configuration says",
            help_text="It needs JupyterLab: add jupyterlab to the requirements of an environment.",
        )
        field = cast("forms.ModelChoiceField[Version]", self.fields["version"])
        chosen = self._chosen()
        rows = newest_launchable(team, most=MOST_VERSIONS, chosen=chosen).defer("text")
        field.choices = launch_choices(rows, chosen=chosen, launchability=launchability_of(team))

    def _chosen(self) -> Version | None:
        given = self.data if self.is_bound else self.initial
        named = str(given.get("version") or "")
        rows = cast("forms.ModelChoiceField[Version]", self.fields["version"]).queryset
        if rows is not None and named.isdecimal() and len(named) < 19:
            return rows.filter(pk=named).first()
        return None


class CaptureForm(forms.Form):
    """What of a workspace goes into an image, and which image that is."""

    packages = forms.MultipleChoiceField(
        label="Packages",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Select at least one package."},
    )
    image = forms.CharField(
        max_length=63,
        label="Image",
        help_text="A new name, or an environment of the team, which gets another version.",
    )
    message = forms.CharField(required=False, max_length=200, label="Message")

    def __init__(self, *args: object, packages: Sequence[Captured], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        choices = [(one.name, one.line) for one in packages if one.can_be_built]
        self.fields["packages"].choices = choices  # type: ignore[attr-defined]


class ShareForm(forms.Form):
    """Whether the team may read the page."""

    is_shared = forms.BooleanField(required=False, label="Shared with the team")


class RunForm(forms.Form):
    """Which file runs as a job."""

    path = forms.CharField(max_length=1000, label="File")
