"""What people post to add a registry or to change it."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.models import Team, User
from accounts.queries import teams_of
from images.forms.registering import team_choices
from images.models import Registry, RegistryKind
from images.services.rights import may_manage_registries

_PLAIN = {"autocomplete": "off", "spellcheck": "false"}


class RegistryForm(forms.Form):
    """Where a registry is; its kind and its team stay as they were added."""

    name = forms.CharField(max_length=63)
    host = forms.CharField(
        max_length=255,
        help_text="As images name it, with its port. Docker Hub is docker.io.",
        widget=forms.TextInput(attrs=_PLAIN),
    )
    prefix = forms.CharField(  # type: ignore[assignment]
        required=False,
        max_length=200,
        help_text="Images that Mobula builds go to repositories below it.",
        widget=forms.TextInput(attrs=_PLAIN),
    )
    ca = forms.CharField(
        required=False,
        max_length=20_000,
        label="CA certificate",
        help_text="PEM text of the authority that signed the registry's certificate, where it is "
        "not a public one. Nodes need it, too.",
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )

    @classmethod
    def of(cls, registry: Registry) -> RegistryForm:
        """Return the form with the registry's current values."""
        fields = {name: getattr(registry, name) for name in ("name", "host", "prefix")}
        return cls(initial={**fields, "ca": registry.settings.get("ca", "")})


class NewRegistryForm(RegistryForm):
    """A new registry."""

    kind = forms.ChoiceField(choices=[(kind.value, kind.label) for kind in RegistryKind])
    team = forms.ChoiceField()

    field_order = ("name", "team", "kind", "host", "prefix", "ca")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._teams = {
            str(team.pk): team for team in teams_of(user) if may_manage_registries(user, team)
        }
        choices = team_choices(
            list(self._teams.values()), all_teams=bool(may_manage_registries(user, None))
        )
        self.fields["team"].choices = choices  # type: ignore[attr-defined]

    def clean_team(self) -> Team | None:
        return self._teams.get(self.cleaned_data["team"])
