"""What people post to say where images of a registry are built."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms

from images.models import Registry
from images.registries.build_places import (
    CREATE,
    FIELDS,
    choices_of,
    chosen,
    creates_repositories,
    may_create_repositories,
    settings_of,
)

_PLAIN = {"autocomplete": "off", "spellcheck": "false"}


class BuildPlaceForm(forms.Form):
    """Where builds run; the other fields are those of the service beside the registry."""

    on = forms.ChoiceField(label="Builds run on")

    def __init__(self, data: Mapping[str, str] | None = None, *, registry: Registry) -> None:
        known = settings_of(registry)
        initial = {**known, "on": chosen(registry).value, CREATE: creates_repositories(registry)}
        super().__init__(data, initial=initial)
        choices = choices_of(registry)
        self.fields["on"].choices = [(one.value, one.label) for one in choices]  # type: ignore[attr-defined]
        for field in (field for one in choices for field in FIELDS[one]):
            self.fields[field.name] = forms.CharField(
                # The service says so where the field is needed.
                required=False,
                max_length=512,
                label=field.label,
                help_text=field.help,
                widget=forms.TextInput(attrs=_PLAIN),
            )
        if may_create_repositories(registry):
            self.fields[CREATE] = forms.BooleanField(
                required=False,
                label="Create repositories",
                help_text="Before an image's first build. The registry's credentials need "
                "ecr:CreateRepository. Without it, create each repository in ECR first.",
            )
