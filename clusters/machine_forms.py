"""What people ask of the catalogue: machines by need, and advice for so many of them."""

from __future__ import annotations

from collections.abc import Iterable

from django import forms

from domain.search import Need

ARCHITECTURES = [("", "Any"), ("x86_64", "x86_64"), ("arm64", "arm64")]


class NeedForm(forms.Form):
    """What a machine must have at least; an empty field asks for nothing."""

    q = forms.CharField(required=False, max_length=63, label="Name")
    vcpus = forms.FloatField(required=False, min_value=0, max_value=10_000, label="CPUs")
    gib = forms.FloatField(required=False, min_value=0, max_value=100_000, label="GiB")
    gpus = forms.FloatField(required=False, min_value=0, max_value=1_000, label="GPUs")
    gpu_model = forms.ChoiceField(required=False, label="GPU model")
    arch = forms.ChoiceField(required=False, label="Architecture", choices=ARCHITECTURES)
    max_usd = forms.DecimalField(
        required=False, min_value=0, max_value=1_000_000, label="At most $ an hour"
    )
    units = forms.IntegerField(
        required=False, min_value=1, max_value=1_000_000, label="How many of these"
    )

    def __init__(self, *args: object, models: Iterable[str], **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        choices = [("", "Any"), *((model, model) for model in models)]
        self.fields["gpu_model"] = forms.ChoiceField(
            required=False, label="GPU model", choices=choices
        )

    def need(self) -> Need:
        """Return what is asked; what cannot be read asks for nothing, and the form says so."""
        self.is_valid()
        values = self.cleaned_data
        gpu_model = values.get("gpu_model") or ""
        return Need(
            text=values.get("q") or "",
            vcpus=values.get("vcpus") or 0,
            gib=values.get("gib") or 0,
            gpus=values.get("gpus") or (1 if gpu_model else 0),
            gpu_model=gpu_model,
            arch=values.get("arch") or "",
            max_usd=values.get("max_usd"),
        )
