"""What people post to the clouds' pages."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.models import Team
from clouds import facts
from clouds.models import Cloud
from domain.catalogue.pod_shapes import shape_type
from domain.offerings import ProviderKind
from providers import registry

OFFERED = registry.kinds_with(lambda traits: traits.can_be_added)


class CloudForm(forms.ModelForm):  # type: ignore[type-arg]
    """A cloud: its name, whose machines it rents, where, and for whom."""

    shapes = forms.CharField(
        required=False,
        label="Pod shapes",
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text="On Kubernetes: one a line, such as 8CPU-32GB-1xT4. Empty: the usual four.",
    )

    class Meta:
        model = Cloud
        fields = ["name", "provider", "region", "shapes", "team"]
        help_texts = {
            "name": "What configurations call it.",
            "region": "Such as us-west-2 or europe-west4; on Kubernetes any word.",
            "team": "Empty: every team may use it.",
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["provider"] = forms.ChoiceField(
            choices=[(kind.value, kind.label) for kind in OFFERED], label="Provider"
        )
        self.fields["team"].queryset = Team.objects.order_by("name")  # type: ignore[attr-defined]
        self.fields["team"].empty_label = "Every team"  # type: ignore[attr-defined]
        known = [region for kind in OFFERED for region in facts.regions(kind)]
        self.fields["region"].widget = forms.TextInput(attrs={"list": "regions"})
        self.regions = known
        if self.instance.pk:
            self.initial["shapes"] = "\n".join(self.instance.shapes)

    def clean_shapes(self) -> list[str]:
        names = (self.cleaned_data["shapes"] or "").split()
        if wrong := [name for name in names if shape_type(name) is None]:
            raise forms.ValidationError(
                f"'{wrong[0]}' is no pod shape: write 8CPU-32GB, or 8CPU-32GB-1xT4 with a GPU."
            )
        return list(dict.fromkeys(names))

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        kind = ProviderKind(values.get("provider") or OFFERED[0])
        known = facts.regions(kind)
        if known and values.get("region") not in known:
            self.add_error("region", f"{kind.label} has the regions {', '.join(known)}.")
        if shapes := registry.traits_of(kind).default_shapes:
            values["shapes"] = values.get("shapes") or list(shapes)
        return values
