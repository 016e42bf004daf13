"""The forms of what a draft is built with besides its Dockerfile."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from domain.images.context import CONTEXT_BOUNDS
from domain.images.secret_values import MOST_VALUE
from domain.promotions.archives import MIB
from domain.promotions.code import LONGEST_FOLDER, LONGEST_REF, LONGEST_URL

_PLAIN: dict[str, Any] = {"spellcheck": "false", "autocomplete": "off"}


class ZipContextForm(forms.Form):
    """The files of a ZIP file."""

    zip = forms.FileField(
        label="ZIP file",
        allow_empty_file=False,
        help_text=f"At most {CONTEXT_BOUNDS.packed_bytes // MIB} MiB, "
        f"{CONTEXT_BOUNDS.unpacked_bytes // MIB} MiB unpacked, {CONTEXT_BOUNDS.files:,} files.",
        widget=forms.FileInput(attrs={"accept": ".zip"}),
    )

    def content(self) -> tuple[str, bytes]:
        """Return the name and the bytes of the file, at most one more than is accepted."""
        file: UploadedFile[Any] = self.cleaned_data["zip"]
        return str(file.name), file.read(CONTEXT_BOUNDS.packed_bytes + 1)


class GitContextForm(forms.Form):
    """The files of a Git repository."""

    url = forms.CharField(
        label="Repository",
        max_length=LONGEST_URL,
        help_text="An https:// URL without user name and password.",
        widget=forms.TextInput(attrs=_PLAIN),
    )
    ref = forms.CharField(
        required=False,
        label="Branch, tag or commit",
        max_length=LONGEST_REF,
        help_text="A branch or tag is resolved when the build starts. Enter a full 40-character "
        "commit to pin it.",
        widget=forms.TextInput(attrs=_PLAIN),
    )
    folder = forms.CharField(
        required=False,
        label="Folder",
        max_length=LONGEST_FOLDER,
        widget=forms.TextInput(attrs=_PLAIN),
    )


class BuildSecretForm(forms.Form):
    """A value that steps of the build can read."""

    name = forms.CharField(
        label="Name",
        max_length=63,
        help_text="RUN --mount=type=secret,id=NAME reads it from /run/secrets/NAME.",
        widget=forms.TextInput(attrs=_PLAIN),
    )
    value = forms.CharField(
        label="Value",
        max_length=MOST_VALUE,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
