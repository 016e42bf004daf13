"""What people post to register an image, and to change a version's state and tags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from accounts.models import Team, User
from accounts.queries import teams_of
from domain.images.states import ImageState
from images.listing import WantedImages
from images.models import Image, ImageVersion
from images.services.rights import may_edit_images

_PLAIN = {"autocomplete": "off", "spellcheck": "false"}
ALL_TEAMS = "all"


def team_choices(teams: Sequence[Team], *, all_teams: bool) -> list[tuple[str, str]]:
    """Return the choices of a field for teams; all of them together last."""
    rows = [(str(team.pk), team.name) for team in teams]
    return [*rows, (ALL_TEAMS, "All teams")] if all_teams else rows


class RegisterForm(forms.Form):
    """An image in a registry. What the registry tells of it can be left empty."""

    uri = forms.CharField(
        max_length=500,
        label="Image URI",
        help_text="Such as registry.example.org/ml/train:1.4. The version is pinned to the digest "
        "that the tag has now.",
        widget=forms.TextInput(attrs=_PLAIN),
    )
    name = forms.CharField(
        max_length=63,
        label="Image name",
        help_text="What configurations call it. An existing image gets a new version.",
        widget=forms.TextInput(attrs=_PLAIN),
    )
    team = forms.ChoiceField()
    description = forms.CharField(
        required=False, max_length=200, help_text="Of a new image: what it is for."
    )
    message = forms.CharField(
        required=False, max_length=200, help_text="Of this version: what is new in it."
    )
    ray_version = forms.CharField(
        required=False,
        max_length=20,
        label="Ray version",
        help_text="Leave it empty to use what the image says.",
    )
    python_version = forms.CharField(required=False, max_length=20, label="Python version")
    cuda_version = forms.CharField(required=False, max_length=20, label="CUDA version")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._teams = {str(team.pk): team for team in teams_of(user) if may_edit_images(user, team)}
        choices = team_choices(
            list(self._teams.values()), all_teams=bool(may_edit_images(user, None))
        )
        self.fields["team"].choices = choices  # type: ignore[attr-defined]

    def clean_team(self) -> Team | None:
        return self._teams.get(self.cleaned_data["team"])


class ImagesForm(forms.Form):
    """Filters of the list; an empty field asks for nothing."""

    q = forms.CharField(
        required=False,
        max_length=100,
        label="Name",
        widget=forms.TextInput(attrs={"data-search": "", "autocomplete": "off"}),
    )
    state = forms.ChoiceField(
        required=False,
        choices=[("", "Any"), *((state.value, state.label) for state in ImageState)],
    )
    team = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams = team_choices(list(teams_of(user)), all_teams=True)
        self.fields["team"].choices = [("", "Any"), *teams]  # type: ignore[attr-defined]

    def wanted(self) -> WantedImages:
        """Return what is asked; what cannot be read asks for nothing, and the form says so."""
        self.is_valid()
        values = self.cleaned_data
        return WantedImages(
            text=values.get("q", ""), state=values.get("state", ""), team=values.get("team", "")
        )


class ReasonForm(forms.Form):
    """Why a version must not be used, or is good after all."""

    reason = forms.CharField(max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


class RestoreForm(forms.Form):
    """Why a version is good after all; nobody has to say."""

    reason = forms.CharField(required=False, max_length=500)


class DeprecateForm(ReasonForm):
    """Why a version should no longer be used, and what to use in its place."""

    successor = forms.ModelChoiceField(
        ImageVersion.objects.none(), required=False, empty_label="None"
    )

    def __init__(self, *args: Any, version: ImageVersion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = ImageVersion.objects.filter(image=version.image_id, state=ImageState.READY)
        others = rows.exclude(pk=version.pk).select_related("image").order_by("-number")
        self.fields["successor"].queryset = others  # type: ignore[attr-defined]


class TagForm(forms.Form):
    """A tag, and the version that gets it."""

    name = forms.CharField(max_length=63, label="Tag", widget=forms.TextInput(attrs=_PLAIN))
    version = forms.ModelChoiceField(ImageVersion.objects.none(), empty_label=None)

    def __init__(self, *args: Any, image: Image, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = image.versions.select_related("image").order_by("-number")
        self.fields["version"].queryset = rows  # type: ignore[attr-defined]
        self.fields["version"].choices = [  # type: ignore[attr-defined]
            (pk, f"{image.name}:{number}") for pk, number in rows.values_list("pk", "number")
        ]
