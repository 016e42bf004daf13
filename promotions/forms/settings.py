"""What people post to the page of an environment's settings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from django import forms

from clouds.models import Cloud
from domain.configuration.spec import MarketType
from domain.limits import MAX_NODES
from domain.promotions.overlay import MARKETS, MOST_CPUS, MOST_USD, Overlay
from promotions.models import Environment

_AS_VERSION = ("", "As the version says")
_EMPTY = "Empty: no cap."


class LabelsField(forms.CharField):
    """Labels, one a line: name=value."""

    def __init__(self) -> None:
        super().__init__(
            required=False,
            max_length=8_000,
            widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
            help_text="One a line, such as cost-center=1200. They are set on every node.",
        )

    def prepare_value(self, value: object) -> object:
        if isinstance(value, dict):
            return "\n".join(f"{name}={text}" for name, text in value.items())
        return value

    def clean(self, value: str) -> dict[str, str]:
        labels: dict[str, str] = {}
        for line in filter(None, map(str.strip, super().clean(value).splitlines())):
            name, equals, text = (part.strip() for part in line.partition("="))
            if not equals or not name:
                raise forms.ValidationError(f"“{line}” is no label. Write name=value.")
            if name in labels:
                raise forms.ValidationError(f"The label “{name}” is there twice. Keep one.")
            labels[name] = text
        return labels


class SettingsForm(forms.Form):
    """What an environment lays over all versions, and why."""

    cloud = forms.ChoiceField(
        required=False,
        label="Cloud and region",
        help_text="Where all clusters run, in the place of the version's cloud and its zones.",
    )
    market = forms.ChoiceField(
        required=False,
        label="Market of all workers",
        choices=[_AS_VERSION, *((market.value, words) for market, words in MARKETS.items())],
    )
    max_nodes = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MAX_NODES,
        label="Max worker nodes",
        help_text=_EMPTY,
    )
    max_cpus = forms.IntegerField(
        required=False, min_value=1, max_value=MOST_CPUS, label="Max CPUs", help_text=_EMPTY
    )
    max_gpus = forms.IntegerField(
        required=False, min_value=0, max_value=MOST_CPUS, label="Max GPUs", help_text=_EMPTY
    )
    max_usd_per_hour = forms.DecimalField(
        required=False,
        min_value=0,
        max_value=MOST_USD,
        max_digits=12,
        decimal_places=4,
        label="Max $/h",
        help_text=_EMPTY,
    )
    labels = LabelsField()
    reason = forms.CharField(
        max_length=2_000,
        label="Reason for the change",
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="The history shows it.",
    )

    def __init__(self, *args: object, environment: Environment, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        clouds = Cloud.objects.usable_by(environment.team).order_by("name")
        chosen = str(self.initial.get("cloud", ""))
        field = cast("forms.ChoiceField", self.fields["cloud"])
        field.choices = [_AS_VERSION, *_offered(clouds, chosen=chosen)]

    @classmethod
    def of(cls, environment: Environment, overlay: Overlay) -> SettingsForm:
        """Return the form that shows the settings as they are."""
        values = {n: getattr(overlay, n) for n in cls.base_fields if n != "reason"}
        return cls(initial=values, environment=environment)

    @property
    def overlay(self) -> Overlay:
        """The settings as given."""
        given = {name: value for name, value in self.cleaned_data.items() if name != "reason"}
        market = MarketType(given["market"]) if given["market"] else None
        return Overlay(**{**given, "market": market})


class RestoreForm(forms.Form):
    """Why earlier settings come back."""

    reason = forms.CharField(max_length=2_000, label="Reason")


def _offered(clouds: Iterable[Cloud], *, chosen: str) -> list[tuple[str, str]]:
    """Return the clouds with their regions; one that is set and is gone stays, and says so."""
    offered = {c.name: f"{c} · {c.get_provider_display()}, {c.region}" for c in clouds}
    if chosen and chosen not in offered:
        offered[chosen] = f"{chosen} (not available)"
    return list(offered.items())
