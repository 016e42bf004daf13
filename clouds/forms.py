"""What people post to the clouds' pages."""

from __future__ import annotations

from django import forms

from accounts.models import Team
from clouds import facts
from clouds.models import Cloud
from clouds.services import OFFERED
from domain.offerings import ProviderKind


class CloudForm(forms.Form):
    """A cloud: its name, whose machines it rents, where, and for whom."""

    name = forms.CharField(max_length=63, help_text="What configurations call it.")
    provider = forms.ChoiceField(choices=[(kind.value, kind.label) for kind in OFFERED])
    region = forms.CharField(
        max_length=63,
        widget=forms.TextInput(attrs={"list": "regions"}),
        help_text="Such as us-west-2 or europe-west4; on Kubernetes any word.",
    )
    shapes = forms.CharField(
        required=False,
        label="Pod shapes",
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text="On Kubernetes: one a line, such as 8CPU-32GB-1xT4. Empty: the usual four.",
    )

    team = forms.ModelChoiceField(
        Team.objects.order_by("name"),
        required=False,
        empty_label="Every team",
        help_text="Empty: every team may use it.",
    )

    regions = (*facts.regions(ProviderKind.AWS), *facts.regions(ProviderKind.GCP))

    @classmethod
    def of(cls, cloud: Cloud) -> CloudForm:
        """Return the form that shows the cloud as it is."""
        fields = {name: getattr(cloud, name) for name in ("name", "provider", "region", "team")}
        return cls(initial={**fields, "shapes": "\n".join(cloud.shapes)})

    def clean_shapes(self) -> list[str]:
        return list(dict.fromkeys(self.cleaned_data["shapes"].split()))
