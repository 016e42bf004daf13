"""What people post to the pages of environments."""

from __future__ import annotations

from typing import cast

from django import forms
from django.db.models import Q

from accounts.models import Team, User
from accounts.roles import Role
from clouds.models import Cloud
from domain.promotions.archives import MIB, MOST_BYTES, MOST_PACKED_BYTES
from domain.promotions.checks import CheckKind
from domain.promotions.code import LONGEST_FOLDER, LONGEST_REF, LONGEST_URL, CodeOrigin
from domain.promotions.workloads import LONGEST_COMMAND, WORKLOAD_CHOICES
from promotions.code.packages import Upload
from promotions.models import Environment

MOST_MINUTES = 60 * 24 * 90
MOST_HOURS = 24 * 365


def _boxes() -> forms.CheckboxSelectMultiple:
    return forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"})


def _zip_hint(environment: Environment) -> str:
    most = f"At most {MOST_PACKED_BYTES // MIB} MiB, {MOST_BYTES // MIB} MiB unpacked."
    package = environment.workload_package
    if package is None:
        return most
    saved = f"{environment.workload_zip_name} ({package.files:,} files, SHA-256 {package.digest})"
    return f"{saved} is saved. Another file replaces it. {most}"


class RulesForm(forms.Form):
    """What an environment asks for; what stands in `SECTIONS` is shown together."""

    SECTIONS = (
        ("Launching", ("release_only", "launch_role", "clouds")),
        (
            "Before a release",
            ("needs_previous", "soak_minutes", "required_checks", "expires_hours"),
        ),
        (
            "Test workload",
            (
                *("workload", "workload_command", "workload_code", "workload_git_url"),
                *("workload_git_ref", "workload_git_folder", "workload_zip"),
                *("workload_minutes", "workload_usd"),
            ),
        ),
        ("Approval", ("approvals", "forbid_author", "forbid_last_editor", "bypass")),
        (
            "After a release",
            ("verify_minutes", "verify_task", "verify_command", "rolls_back"),
        ),
    )

    release_only = forms.BooleanField(
        required=False, label="Clusters run only the released version of a template"
    )
    launch_role = forms.ChoiceField(label="Role needed to launch here", choices=Role.choices)
    clouds = forms.ModelMultipleChoiceField(
        Cloud.objects.none(),
        required=False,
        widget=_boxes(),
        help_text="Where its clusters may run. None chosen: anywhere.",
    )
    needs_previous = forms.BooleanField(
        required=False, label="The version must be verified in the environment before"
    )
    soak_minutes = forms.IntegerField(
        min_value=0,
        max_value=MOST_MINUTES,
        label="Soak time (minutes)",
        help_text="How long the version has to run in the environment before.",
    )
    required_checks = forms.MultipleChoiceField(
        required=False,
        widget=_boxes(),
        choices=[(kind.value, kind.label) for kind in CheckKind],
        help_text="A check that fails always blocks. A required one blocks also without an answer.",
    )
    expires_hours = forms.IntegerField(
        min_value=1, max_value=MOST_HOURS, label="Requests expire after (hours)"
    )
    workload = forms.ChoiceField(
        required=False, choices=[("", "None"), *WORKLOAD_CHOICES.items()], label="Workload"
    )
    workload_command = forms.CharField(
        required=False,
        max_length=LONGEST_COMMAND,
        label="Command line",
        help_text="Runs as a Ray job if the workload is Command; passes with exit code 0.",
    )
    workload_code = forms.ChoiceField(
        required=False,
        choices=[(origin.value, origin.label) for origin in CodeOrigin],
        label="Code",
        help_text="The working directory of the command.",
    )
    workload_git_url = forms.CharField(
        required=False,
        max_length=LONGEST_URL,
        label="Git URL",
        help_text="https:// or ssh://, without a password. Each round of checks fetches it once.",
    )
    workload_git_ref = forms.CharField(
        required=False,
        max_length=LONGEST_REF,
        label="Branch, tag or commit",
        help_text="Empty: the repository's default branch.",
    )
    workload_git_folder = forms.CharField(
        required=False,
        max_length=LONGEST_FOLDER,
        label="Folder",
        help_text="Empty: the whole repository.",
    )
    workload_zip = forms.FileField(
        required=False,
        label="Zip file",
        widget=forms.FileInput(attrs={"accept": ".zip,application/zip"}),
    )
    workload_minutes = forms.IntegerField(
        min_value=1, max_value=MOST_MINUTES, label="Time limit (minutes)"
    )
    workload_usd = forms.DecimalField(
        min_value=0, max_digits=12, decimal_places=2, label="Cost limit (USD)"
    )
    approvals = forms.IntegerField(min_value=0, max_value=20, label="Approvals needed")
    forbid_author = forms.BooleanField(
        required=False, label="Who requests a change cannot approve it"
    )
    forbid_last_editor = forms.BooleanField(
        required=False, label="Who wrote the version cannot approve it"
    )
    bypass = forms.ModelMultipleChoiceField(
        User.objects.none(),
        required=False,
        label="May bypass checks",
        widget=_boxes(),
        help_text="Who may skip checks in a hotfix. Hotfixes still need their approvals.",
    )
    verify_minutes = forms.IntegerField(
        min_value=0,
        max_value=MOST_MINUTES,
        label="Verification (minutes)",
        help_text="How long clusters must do well before a release is good. 0: no time.",
    )
    verify_task = forms.BooleanField(required=False, label="Run a small task on each cluster")
    verify_command = forms.CharField(
        required=False,
        max_length=LONGEST_COMMAND,
        label="Verification command",
        help_text="Runs as a Ray job on each cluster; passes with exit code 0. "
        "Empty: a built-in task that needs 0.1 CPU.",
    )
    rolls_back = forms.BooleanField(
        required=False, label="Go back to the last good release when verification fails"
    )

    def __init__(self, *args: object, environment: Environment, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        team = environment.team
        listed = environment.bypass.values("pk") if environment.pk else []
        eligible = Q(memberships__team=team) | Q(pk__in=listed)
        members = User.objects.filter(eligible).distinct().order_by("email")
        clouds = Cloud.objects.usable_by(team).order_by("name")
        cast("forms.ModelMultipleChoiceField[Cloud]", self.fields["clouds"]).queryset = clouds
        cast("forms.ModelMultipleChoiceField[User]", self.fields["bypass"]).queryset = members
        self.fields["workload_zip"].help_text = _zip_hint(environment)

    @classmethod
    def of(cls, environment: Environment) -> RulesForm:
        """Return the form that shows the environment as it is."""
        listed = {"clouds", "bypass"}
        own = cls.base_fields.keys() - listed - {"workload_zip"}
        values = {name: getattr(environment, name) for name in own}
        if environment.pk:
            values |= {name: list(getattr(environment, name).all()) for name in listed}
        return cls(initial=values, environment=environment)

    @property
    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields by section."""
        return [(title, [self[name] for name in names]) for title, names in self.SECTIONS]

    def clean_workload_zip(self) -> Upload | None:
        file = self.cleaned_data["workload_zip"]
        return Upload(name=file.name, content=file.read()) if file else None

    def clean_bypass(self) -> list[User]:
        return list(self.cleaned_data["bypass"])


class NewEnvironmentForm(forms.Form):
    """The name of another environment."""

    name = forms.CharField(max_length=32, help_text="Letters, digits, hyphens and underscores.")


class MoveForm(forms.Form):
    """Whether an environment moves towards the first."""

    earlier = forms.BooleanField(required=False)


class ApproverForm(forms.Form):
    """Who joins which group of approvers."""

    group = forms.CharField(
        max_length=63,
        initial="approvers",
        widget=forms.TextInput(attrs={"list": "approver-groups"}),
        help_text="A new name makes a new group.",
    )
    user = forms.ModelChoiceField(User.objects.none(), label="Member", empty_label=None)

    def __init__(self, *args: object, team: Team, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        members = User.objects.filter(memberships__team=team, is_active=True).order_by("email")
        cast("forms.ModelChoiceField[User]", self.fields["user"]).queryset = members


class GroupForm(forms.Form):
    """Whether a group of approvers is required."""

    required = forms.BooleanField(required=False)


class WindowForm(forms.Form):
    """A returning time in which changes are allowed or denied."""

    name = forms.CharField(required=False, max_length=63)
    kind = forms.ChoiceField(
        label="Changes are", choices=[("allow", "Allowed only then"), ("deny", "Denied then")]
    )
    cron = forms.CharField(
        max_length=100,
        label="Opens (cron)",
        initial="0 9 * * 1-5",
        help_text="Minute, hour, day, month, weekday: 0 9 * * 1-5 is 09:00 from Monday to Friday.",
    )
    minutes = forms.IntegerField(
        min_value=1, max_value=MOST_MINUTES, initial=480, label="Stays open (minutes)"
    )
    time_zone = forms.CharField(max_length=64, initial="UTC")
