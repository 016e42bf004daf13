"""What people post to add a cloud, change it, or give it to teams."""

from __future__ import annotations

from django import forms

from accounts.models import Team
from clouds import facts
from clouds.models import Cloud
from clouds.services import OFFERED


class TeamsForm(forms.Form):
    """Which teams can use a cloud."""

    is_shared = forms.BooleanField(
        required=False,
        label="All teams",
        help_text="Teams that are created later can use it, too.",
    )
    teams = forms.ModelMultipleChoiceField(Team.objects.order_by("name"), required=False)

    @classmethod
    def of_teams(cls, cloud: Cloud) -> TeamsForm:
        """Return the form with the cloud's current teams."""
        return cls(initial={"is_shared": cloud.is_shared, "teams": list(cloud.teams.all())})

    @property
    def selected(self) -> set[str]:
        """The ids of the teams that are selected, as posted or else as they are."""
        return {str(getattr(value, "pk", value)) for value in self["teams"].value() or ()}


class CloudForm(forms.Form):
    """The account of a cloud: its name, provider and region."""

    name = forms.CharField(max_length=63, help_text="The name that configurations use.")
    provider = forms.ChoiceField(choices=[(kind.value, kind.label) for kind in OFFERED])
    region = forms.CharField(
        max_length=63,
        widget=forms.TextInput(attrs={"list": "regions"}),
        help_text="For example us-west-2 or europe-west4. On Kubernetes, any name.",
    )
    shapes = forms.CharField(
        required=False,
        label="Pod shapes",
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text="Kubernetes only: one per line, such as 8CPU-32GB-1xT4. Empty: default shapes.",
    )

    regions = tuple(region for kind in OFFERED for region in facts.regions(kind))

    @classmethod
    def of(cls, cloud: Cloud) -> CloudForm:
        """Return the form with the cloud's current values."""
        fields = {name: getattr(cloud, name) for name in ("name", "provider", "region")}
        return cls(initial={**fields, "shapes": "\n".join(cloud.shapes)})

    def clean_shapes(self) -> list[str]:
        return list(dict.fromkeys(self.cleaned_data["shapes"].split()))


class NewCloudForm(CloudForm, TeamsForm):
    """A new cloud, with the teams that can use it."""
