"""What people ask of the catalogue: machines by need, and advice for so many of them."""

from __future__ import annotations

from collections.abc import Collection

from django import forms

from domain.catalogue.region import RegionCatalogue
from domain.catalogue.search import MachineRequirements, knows_network, models_of, zones_of
from domain.offerings import Market

ARCHITECTURES = [("", "Any"), ("x86_64", "x86_64"), ("arm64", "arm64")]
MARKETS = [("", "Any"), *((market.value, market.label) for market in Market)]


class NeedForm(forms.Form):
    """What a machine must have at least; an empty field asks for nothing.

    It offers what is known of the cloud: where nobody knows its zones, none can be asked for.
    """

    q = forms.CharField(required=False, max_length=63, label="Name")
    vcpus = forms.FloatField(
        required=False, min_value=0, max_value=10_000, label="vCPUs (at least)"
    )
    gib = forms.FloatField(required=False, min_value=0, max_value=100_000, label="GiB (at least)")
    gpus = forms.FloatField(required=False, min_value=0, max_value=1_000, label="GPUs (at least)")
    gpu_model = forms.ChoiceField(required=False, label="GPU model")
    arch = forms.ChoiceField(required=False, label="Architecture", choices=ARCHITECTURES)
    network = forms.FloatField(
        required=False, min_value=0, max_value=100_000, label="Gbit/s (at least)"
    )
    zone = forms.ChoiceField(required=False, label="Zone")
    market = forms.ChoiceField(required=False, label="Market", choices=MARKETS)
    max_usd = forms.DecimalField(
        required=False, min_value=0, max_value=1_000_000, label="$/h (at most)"
    )
    units = forms.IntegerField(required=False, min_value=1, max_value=1_000_000, label="Count")

    def __init__(self, *args: object, target: RegionCatalogue, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        types = (target.types or {}).values()
        zones = sorted(target.zones) if target.zones else zones_of(types)
        self._offer("gpu_model", models_of(types))
        self._offer("zone", zones)
        self.not_known: list[str] = []
        if not zones:
            self._leave_out("zone", "zones")
        if not knows_network(types):
            self._leave_out("network", "network speeds")

    def _offer(self, name: str, values: Collection[str]) -> None:
        choices = [("", "Any"), *((value, value) for value in values)]
        label = self.fields[name].label
        self.fields[name] = forms.ChoiceField(required=False, label=label, choices=choices)

    def _leave_out(self, name: str, words: str) -> None:
        del self.fields[name]
        self.not_known.append(words)

    def need(self) -> MachineRequirements:
        """Return what is asked; what cannot be read asks for nothing, and the form says so."""
        self.is_valid()
        values = self.cleaned_data
        gpu_model = values.get("gpu_model") or ""
        return MachineRequirements(
            text=values.get("q") or "",
            vcpus=values.get("vcpus") or 0,
            gib=values.get("gib") or 0,
            gpus=values.get("gpus") or (1 if gpu_model else 0),
            gpu_model=gpu_model,
            arch=values.get("arch") or "",
            network_gbps=values.get("network") or 0,
            zone=values.get("zone") or "",
            market=Market(market) if (market := values.get("market")) else None,
            max_usd=values.get("max_usd"),
        )
