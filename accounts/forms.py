"""What people type into the pages of accounts."""

from typing import cast

from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts

from accounts.models import User
from accounts.queries import AuditFilter
from accounts.roles import Role, Theme, offered_time_zones
from accounts.services.passwords import PASSWORD_LENGTH
from accounts.services.users import REASON_LENGTH


class SignInForm(forms.Form):
    """An email address and a password."""

    email = forms.EmailField(
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        strip=False,
        max_length=PASSWORD_LENGTH,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class ProfileForm(forms.Form):
    """What a user says about themselves."""

    name = forms.CharField(
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text="Shown to your teams. If empty, your email address is shown.",
    )
    theme = forms.ChoiceField(choices=Theme.choices)
    time_zone = forms.ChoiceField(
        required=False,
        help_text="All times on pages are shown in it. Days of cost are always UTC days.",
    )

    def __init__(self, answers: object = None, *, initial: dict[str, str] | None = None) -> None:
        super().__init__(answers, initial=initial)  # type: ignore[arg-type]
        zones = [(name, name.replace("_", " ")) for name in offered_time_zones()]
        known = {name for name, _ in zones}
        own = (initial or {}).get("time_zone", "")
        kept = [(own, own)] if own and own not in known else []
        field = cast("forms.ChoiceField", self.fields["time_zone"])
        field.choices = [("", "The browser's"), *kept, *zones]


class PasswordForm(forms.Form):
    """A new password, twice, and the current one unless a link has just proved who it is."""

    current = forms.CharField(
        label="Current password",
        strip=False,
        max_length=PASSWORD_LENGTH,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label="New password",
        strip=False,
        max_length=PASSWORD_LENGTH,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=" ".join(password_validators_help_texts()),
    )
    repeated = forms.CharField(
        label="Confirm new password",
        strip=False,
        max_length=PASSWORD_LENGTH,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(
        self, answers: object = None, *, user: User, proved: bool, prefix: str | None = None
    ) -> None:
        super().__init__(answers, prefix=prefix)  # type: ignore[arg-type]
        if proved or not user.has_usable_password():
            del self.fields["current"]

    def clean_repeated(self) -> str:
        repeated: str = self.cleaned_data["repeated"]
        if self.cleaned_data.get("new") not in {None, repeated}:
            raise forms.ValidationError("The new passwords do not match.")
        return repeated


class RoleForm(forms.Form):
    """The role of a member."""

    role = forms.TypedChoiceField(choices=Role.choices, coerce=Role)


class InviteForm(RoleForm):
    """Whom to invite, as what."""

    email = forms.EmailField(max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    field_order = ["email", "role"]


class ReasonForm(forms.Form):
    """Why an account is switched off or on."""

    reason = forms.CharField(
        label="Reason", max_length=REASON_LENGTH, help_text="Shown in the audit log."
    )


class TeamForm(forms.Form):
    """The name of a new team."""

    name = forms.CharField(max_length=80)


_SMALL = "form-control-sm w-auto"
_SMALL_SELECT = "form-select-sm w-auto"


def _search(label: str) -> forms.TextInput:
    return forms.TextInput(
        attrs={"aria-label": label, "placeholder": label, "class": _SMALL, "size": 16}
    )


def _day(label: str) -> forms.DateInput:
    return forms.DateInput(
        attrs={"type": "date", "aria-label": label, "title": label, "class": _SMALL}
    )


class UserSearchForm(forms.Form):
    """Which users to show."""

    q = forms.CharField(required=False, max_length=120, widget=_search("Email or name"))


class AuditForm(forms.Form):
    """Which entries of the trail to show; the page's address holds the answers."""

    action = forms.ChoiceField(
        required=False, widget=forms.Select(attrs={"aria-label": "Action", "class": _SMALL_SELECT})
    )
    actor = forms.CharField(required=False, max_length=120, widget=_search("User"))
    subject = forms.CharField(required=False, max_length=120, widget=_search("Resource name or ID"))
    request = forms.CharField(required=False, max_length=64, widget=_search("Request ID"))
    kind = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    since = forms.DateField(required=False, widget=_day("From"))
    until = forms.DateField(required=False, widget=_day("To"))

    def __init__(self, answers: object, *, actions: list[str]) -> None:
        super().__init__(answers)  # type: ignore[arg-type]
        choices = [("", "Any action"), *((action, action) for action in actions)]
        cast("forms.ChoiceField", self.fields["action"]).choices = choices

    @property
    def wanted(self) -> AuditFilter:
        """The filter of what was understood; the rest is shown as errors."""
        keys = ("action", "actor", "subject", "kind", "request")
        words = {key: self.cleaned_data.get(key, "") for key in keys}
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        return AuditFilter(**words, since=since, until=until)
