"""What people post to import a configuration, and ask of an export."""

from __future__ import annotations

from typing import Any, cast

from django import forms

from domain.convert import Format
from domain.yaml.tree import MAX_BYTES

FORMATS = [(form.value, form.label) for form in Format]


class ImportForm(forms.Form):
    """A configuration of another tool: pasted, or as a file."""

    source = forms.ChoiceField(
        required=False, label="Format", choices=[("", "Auto-detect"), *FORMATS]
    )
    cloud = forms.CharField(
        required=False,
        max_length=63,
        label="Cloud",
        widget=forms.Select(choices=[("", "Guess from the file")]),
    )
    file = forms.FileField(required=False, label="File")
    text = forms.CharField(
        required=False,
        strip=False,
        label="Or paste YAML",
        widget=forms.Textarea(attrs={"rows": 16, "spellcheck": "false", "class": "mono"}),
    )

    def offer_clouds(self, choices: list[tuple[str, str]], *, chosen: str) -> None:
        """Let the cloud be chosen among these."""
        widget = cast("forms.Select", self.fields["cloud"].widget)
        widget.choices = [("", "Guess from the file"), *choices]
        self.initial["cloud"] = chosen

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if upload := values.get("file"):
            if upload.size > MAX_BYTES:
                raise forms.ValidationError(f"The file is larger than {MAX_BYTES:,} bytes.")
            try:
                values["text"] = upload.read().decode("utf-8")
            except UnicodeDecodeError:
                raise forms.ValidationError("The file is not UTF-8 text.") from None
        values.pop("file", None)
        return values


class ExportForm(forms.Form):
    """In which format, and under which name."""

    to = forms.ChoiceField(required=False, label="Format", choices=FORMATS)
    name = forms.CharField(required=False, max_length=63, label="Cluster name")
