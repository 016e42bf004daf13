"""What people ask of the base images."""

from __future__ import annotations

from django import forms

from images.catalogue import Wanted, accelerator_label, choices

type Choices = list[tuple[str, str]]


def _any_of(field: str) -> Choices:
    return [("", "Any"), *((value, value) for value in choices(field))]


def _accelerators() -> Choices:
    named = [value for value in choices("accelerator") if value.startswith("cu")]
    ordered = ["cpu", "cuda", *reversed(named), "gpu", "tpu"]
    return [("", "Any"), *((value, accelerator_label(value)) for value in ordered)]


class BaseImageForm(forms.Form):
    """Filters of the page; an empty field asks for nothing."""

    q = forms.CharField(
        required=False,
        max_length=100,
        label="Name or tag",
        widget=forms.TextInput(attrs={"data-search": "", "autocomplete": "off"}),
    )
    ray = forms.ChoiceField(required=False, label="Ray", choices=lambda: _any_of("ray_version"))
    python = forms.ChoiceField(required=False, label="Python", choices=lambda: _any_of("python"))
    cuda = forms.ChoiceField(required=False, label="Accelerator", choices=_accelerators)
    repository = forms.ChoiceField(
        required=False, label="Repository", choices=lambda: _any_of("repository")
    )
    variant = forms.ChoiceField(
        required=False,
        label="Variant",
        choices=[("", "Any"), ("standard", "Standard"), ("slim", "Slim")],
    )

    def wanted(self) -> Wanted:
        """Return what is asked; what cannot be read asks for nothing, and the form says so."""
        self.is_valid()
        values = self.cleaned_data
        return Wanted(
            text=values.get("q", ""),
            ray=values.get("ray", ""),
            python=values.get("python", ""),
            accelerator=values.get("cuda", ""),
            repository=values.get("repository", ""),
            variant=values.get("variant", ""),
        )
