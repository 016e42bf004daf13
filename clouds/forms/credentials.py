"""The credentials of a cloud as people post them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django import forms

from domain.catalogue.credentials import CredentialField


class CredentialsForm(forms.Form):
    """How Mobula signs in to a cloud; its fields are those of the provider.

    No secret is in it: an empty one stays as it is.
    """

    def __init__(
        self,
        data: Mapping[str, str] | None = None,
        *,
        fields: Sequence[CredentialField],
        known: Mapping[str, str],
    ) -> None:
        shown = {field.name: known.get(field.name) for field in fields if not field.is_secret}
        super().__init__(data, initial=shown)
        for field in fields:
            self.fields[field.name] = _secret(field, known) if field.is_secret else _open(field)


def _open(field: CredentialField) -> forms.CharField:
    # Browsers must not take an access key for somebody's user name.
    widget = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    return forms.CharField(
        required=False, max_length=2_048, label=field.label, help_text=field.help, widget=widget
    )


def _secret(field: CredentialField, known: Mapping[str, str]) -> forms.CharField:
    kept = "A value is saved. Leave the field empty to keep it." if known.get(field.name) else ""
    return forms.CharField(
        required=False,
        max_length=10_000,
        label=field.label,
        help_text=" ".join(filter(None, (field.help, kept))),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
