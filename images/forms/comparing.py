"""Which two versions of an image are compared."""

from __future__ import annotations

from typing import Any

from django import forms

from images.models import Image, ImageVersion


class CompareForm(forms.Form):
    """Two versions by their numbers; without them the two newest."""

    old = forms.ModelChoiceField(
        ImageVersion.objects.none(), label="From", to_field_name="number", empty_label=None
    )
    new = forms.ModelChoiceField(
        ImageVersion.objects.none(), label="To", to_field_name="number", empty_label=None
    )

    def __init__(self, *args: Any, image: Image, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = image.versions.select_related("image").only("number", "image__name")
        numbers = list(image.versions.values_list("number", flat=True))
        for field in ("old", "new"):
            self.fields[field].queryset = rows  # type: ignore[attr-defined]
            # Listed once for both: a field would ask for its own, as often as it is drawn.
            self.fields[field].choices = [  # type: ignore[attr-defined]
                (number, f"{image.name}:{number}") for number in numbers
            ]
            self.fields[field].error_messages["invalid_choice"] = (
                f"{image} has no version %(value)s. Choose another."
            )
        self.initial = {"new": numbers[0], "old": numbers[:2][-1]} if numbers else {}
