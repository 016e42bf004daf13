"""What people post to the clouds' pages."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.models import Team
from clouds import facts
from clouds.models import Cloud
from domain.catalogue.pod_shapes import DEFAULT_SHAPES, shape_type
from domain.offerings import ProviderKind

OFFERED = (ProviderKind.AWS, ProviderKind.GCP, ProviderKind.KUBERNETES)


class CloudForm(forms.ModelForm):  # type: ignore[type-arg]
    """A cloud: its name, provider, region and team."""

    shapes = forms.CharField(
        required=False,
        label="Pod shapes",
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text="Kubernetes only: one per line, such as 8CPU-32GB-1xT4. Empty: default shapes.",
    )

    class Meta:
        model = Cloud
        fields = ["name", "provider", "region", "shapes", "team"]
        help_texts = {
            "name": "The name that configurations use.",
            "region": "For example us-west-2 or europe-west4. On Kubernetes, any name.",
            "team": "Leave empty to share it with all teams.",
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["provider"] = forms.ChoiceField(
            choices=[(kind.value, kind.label) for kind in OFFERED], label="Provider"
        )
        self.fields["team"].queryset = Team.objects.order_by("name")  # type: ignore[attr-defined]
        self.fields["team"].empty_label = "All teams"  # type: ignore[attr-defined]
        known = [*facts.regions(ProviderKind.AWS), *facts.regions(ProviderKind.GCP)]
        self.fields["region"].widget = forms.TextInput(attrs={"list": "regions"})
        self.regions = known
        if self.instance.pk:
            self.initial["shapes"] = "\n".join(self.instance.shapes)

    def clean_shapes(self) -> list[str]:
        names = (self.cleaned_data["shapes"] or "").split()
        if wrong := [name for name in names if shape_type(name) is None]:
            raise forms.ValidationError(
                f"'{wrong[0]}' is not a pod shape. Use 8CPU-32GB, or 8CPU-32GB-1xT4 with a GPU."
            )
        return list(dict.fromkeys(names))

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        kind = ProviderKind(values.get("provider") or ProviderKind.AWS)
        known = facts.regions(kind)
        if known and values.get("region") not in known:
            self.add_error("region", f"Unknown {kind.label} region. Use one of {', '.join(known)}.")
        if kind is ProviderKind.KUBERNETES:
            values["shapes"] = values.get("shapes") or list(DEFAULT_SHAPES)
        return values
