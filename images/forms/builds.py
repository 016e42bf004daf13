"""The forms of an image that Mobula builds: what it is built from, by hand or from a few fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from accounts.models import Team
from domain.images.dockerfile.simple import SimpleImage, wrong_simple
from domain.images.requirements import LONGEST
from images.models import ImageVersion, Registry
from images.services.contents import MOST_DOCKERFILE, DraftContent, EnvironmentContent

_SPELLED: dict[str, Any] = {"spellcheck": "false", "autocomplete": "off", "rows": 3}


def _lines(label: str, example: str) -> forms.CharField:
    return forms.CharField(
        required=False,
        label=label,
        help_text=f"One per line, such as {example}.",
        max_length=20_000,
        widget=forms.Textarea(attrs={**_SPELLED, "class": "form-control font-monospace"}),
    )


class SimpleImageForm(forms.Form):
    """What most images are; it writes the Dockerfile."""

    base = forms.CharField(
        label="Base image",
        max_length=500,
        help_text="An image with Ray: one that fits the choices above, or any other.",
        widget=forms.TextInput(
            attrs={"spellcheck": "false", "autocomplete": "off", "list": "base-choices"}
        ),
    )
    apt = _lines("Debian packages", "ffmpeg")
    pip = _lines("Python packages", "torch==2.5.1")
    env = _lines("Environment variables", "HF_HOME=/mnt/cache")
    commands = _lines("Commands", "python -m nltk.downloader punkt")

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        self.image = SimpleImage(
            base=values.get("base", "").strip(),
            apt=_words(values.get("apt", "")),
            pip=_words(values.get("pip", "")),
            env=tuple(_pair(line) for line in _words(values.get("env", ""))),
            commands=_words(values.get("commands", "")),
        )
        if "base" in values:
            for field, reason in wrong_simple(self.image):
                self.add_error(field, reason)
        return values


class DraftForm(forms.Form):
    """A version that Mobula builds."""

    registry = forms.ModelChoiceField(
        Registry.objects.none(), label="Registry", help_text="The built image is pushed to it."
    )
    message = forms.CharField(
        required=False, max_length=200, label="Message", help_text="What changed, and why."
    )
    dockerfile = forms.CharField(
        label="Dockerfile",
        max_length=MOST_DOCKERFILE,
        strip=False,
        widget=forms.Textarea(
            attrs={
                **_SPELLED,
                "rows": 22,
                "class": "form-control font-monospace",
                "data-editor": "dockerfile",
                "data-problems": "dockerfile-marks",
                "data-text": "dockerfile-fixed",
            }
        ),
    )

    def __init__(self, *args: Any, team: Team | None, **options: Any) -> None:
        super().__init__(*args, **options)
        usable = Registry.objects.usable_by(team) if team else Registry.objects.filter(team=None)
        self.fields["registry"].queryset = usable  # type: ignore[attr-defined]

    @classmethod
    def of(cls, version: ImageVersion) -> DraftForm:
        """Return the form with what the draft has."""
        initial = {
            "registry": version.registry_id,
            "message": version.message,
            "dockerfile": version.dockerfile,
        }
        return cls(initial=initial, team=version.image.team)

    def content(self) -> DraftContent:
        """Return what was entered, once it is valid."""
        given = self.cleaned_data
        text = given["dockerfile"].replace("\r\n", "\n")
        return DraftContent(dockerfile=text, registry=given["registry"], message=given["message"])


class NewImageForm(DraftForm):
    """The first version of a new image."""

    name = forms.CharField(label="Name", max_length=63, help_text="Such as train.")
    field_order = ("name", "registry", "message", "dockerfile")


def _words(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _pair(line: str) -> tuple[str, str]:
    name, _, value = line.partition("=")
    return name.strip(), value.strip()


class EnvironmentForm(forms.Form):
    """A version that is a virtual environment on Mobula's own host."""

    python = forms.ChoiceField(label="Python", help_text="Those that Mobula's host has.")
    message = forms.CharField(
        required=False, max_length=200, label="Message", help_text="What changed, and why."
    )
    requirements = forms.CharField(
        label="Requirements",
        max_length=LONGEST,
        strip=False,
        help_text="As pip reads them, one per line. Only wheels are installed.",
        widget=forms.Textarea(
            attrs={**_SPELLED, "rows": 16, "class": "form-control font-monospace"}
        ),
    )

    def __init__(self, *args: Any, pythons: Sequence[str], **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [(one, one) for one in pythons]
        self.fields["python"].choices = choices  # type: ignore[attr-defined]

    @classmethod
    def of(cls, version: ImageVersion, *, pythons: Sequence[str]) -> EnvironmentForm:
        """Return the form with what the draft has, though its Python may be gone."""
        initial = {
            "python": version.python_version,
            "message": version.message,
            "requirements": version.requirements,
        }
        return cls(initial=initial, pythons=list(dict.fromkeys([*pythons, version.python_version])))

    def content(self) -> EnvironmentContent:
        """Return what was entered, once it is valid."""
        given = self.cleaned_data
        text = given["requirements"].replace("\r\n", "\n")
        return EnvironmentContent(
            python=given["python"], requirements=text, message=given["message"]
        )


class NewEnvironmentForm(EnvironmentForm):
    """The first version of a new image that is a virtual environment."""

    name = forms.CharField(label="Name", max_length=63, help_text="Such as train.")
    field_order = ("name", "python", "message", "requirements")
