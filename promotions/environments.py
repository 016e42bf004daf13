"""The environments of a team, and what each asks for, in the terms of `domain.promotions`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts.errors import WrongState
from accounts.models import Team
from accounts.roles import Role
from domain.promotions.approval import ApprovalRule, ApproverGroup
from domain.promotions.overlay import NOTHING, Overlay
from domain.promotions.windows import ChangeWindow, WindowKind
from domain.promotions.workloads import WORKLOAD_CHOICES
from domain.strategies.schedule import Window
from domain.wording import duration
from promotions.models import Environment, EnvironmentSettings

# What a team has until somebody changes it: rows are written with the first change.
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "dev": {"approvals": 0, "verify_minutes": 0},
    "test": {"approvals": 0, "needs_previous": True, "verify_minutes": 2},
    "prod": {
        "approvals": 1,
        "needs_previous": True,
        "release_only": True,
        "rolls_back": True,
        "launch_role": Role.ENGINEER,
    },
}
_RULES = (
    *("release_only", "launch_role", "required_checks", "needs_previous", "soak_minutes"),
    *("workload", "workload_command", "workload_minutes", "workload_usd"),
    *("workload_code", "workload_git_url", "workload_git_ref", "workload_git_folder"),
    *("approvals", "forbid_author", "forbid_last_editor", "expires_hours"),
    *("verify_minutes", "verify_task", "verify_command", "rolls_back"),
)


def environments_of(team: Team) -> list[Environment]:
    """Return the team's environments in their order; the defaults, unsaved, until it has rows."""
    return list(_present(team)) or _defaults(team)


def names_of(team: Team) -> list[str]:
    """Return the names of the team's environments, in their order."""
    return list(_present(team).values_list("name", flat=True)) or list(DEFAULTS)


def environment_of(team: Team, name: str) -> Environment | None:
    """Return the team's environment of this name, saved or by default."""
    return next((each for each in environments_of(team) if each.name == name), None)


@transaction.atomic
def saved_environments(team: Team) -> list[Environment]:
    """Return the team's environments as rows; the defaults become rows now."""
    Team.objects.select_for_update().get(pk=team.pk)  # of two that write them, one does
    if not _present(team).exists():
        Environment.objects.bulk_create(_defaults(team))
    return list(_present(team))


def _present(team: Team) -> QuerySet[Environment]:
    """Return those that were not removed. A team keeps one, so none means: not saved yet."""
    return Environment.objects.filter(team=team, removed_at=None).order_by("position")


def removed_environments(team: Team) -> QuerySet[Environment]:
    """Return those that were removed, the latest first: their releases and requests are kept."""
    return Environment.objects.filter(team=team, removed_at__isnull=False).order_by("-removed_at")


def locked_environment(environment: Environment) -> Environment:
    """Return the environment as a locked row, also where it was a default until now.

    Raises `WrongState` where it was removed, also if another one has its name by now.
    """
    rows = {row.name: row for row in saved_environments(environment.team)}
    row = rows.get(environment.name)
    if row is None or environment.pk not in {None, row.pk}:
        raise WrongState(f"{environment.team} has no environment '{environment}' any more.")
    return Environment.objects.select_for_update().select_related("team").get(pk=row.pk)


def keep_environments(team: Team) -> None:
    """Keep the team's environments from being removed or renamed until the transaction ends."""
    # Whoever changes them locks this row first. Foreign keys would lock it only at the commit.
    Team.objects.select_for_update(no_key=True).get(pk=team.pk)


def require_present(environment: Environment) -> None:
    """Raise `WrongState` where the environment was removed; it stays until the transaction ends."""
    keep_environments(environment.team)
    if Environment.objects.filter(pk=environment.pk, removed_at__isnull=False).exists():
        raise WrongState(f"Environment {environment} was removed.")


def number(rows: Sequence[Environment]) -> None:
    """Write this order of a team's environments."""
    for position, row in enumerate(rows):
        row.position = position
    Environment.objects.bulk_update(rows, ["position"])


def settings_in(team: Team, name: str) -> EnvironmentSettings | None:
    """Return the settings in effect in the team's environment of this name; None: it has none."""
    rows = EnvironmentSettings.objects.filter(
        environment__team=team, environment__name=name, environment__removed_at=None
    )
    return rows.select_related("environment").order_by("-number").first()


def current_settings(environment: Environment) -> EnvironmentSettings | None:
    """Return the settings that are in effect in the environment; None: it has none."""
    return settings_in(environment.team, environment.name)


def newest(*rows: EnvironmentSettings | None) -> EnvironmentSettings | None:
    """Return the newest of an environment's settings; a cluster never goes back to earlier ones."""
    return max((row for row in rows if row), key=lambda row: row.number, default=None)


def overlay_of(settings: EnvironmentSettings | None) -> Overlay:
    """Return what the settings lay over versions: nothing where there are none."""
    return settings.overlay if settings else NOTHING


def previous_of(environment: Environment) -> Environment | None:
    """Return the environment that a version has to pass before this one; None for the first."""
    return _present(environment.team).filter(position__lt=environment.position).last()


def rules_of(environment: Environment) -> dict[str, object]:
    """Return all that the environment asks for as plain data: what approvals are bound to."""
    return {
        **{name: getattr(environment, name) for name in _RULES},
        "workload_package": environment.workload_package.digest
        if environment.workload_package
        else "",
        "previous": str(previous_of(environment) or "") if environment.needs_previous else "",
        "clouds": sorted(environment.clouds.values_list("name", flat=True)),
        "groups": {
            group.name: group.required for group in environment.approver_groups.order_by("name")
        },
        "windows": [
            [w.kind, w.cron, w.minutes, w.time_zone] for w in environment.windows.order_by("pk")
        ],
    }


def approval_rule(environment: Environment) -> ApprovalRule:
    """Return who has to approve, with the list of approvers as it is now."""
    groups = environment.approver_groups.prefetch_related("approvers")
    return ApprovalRule(
        needed=environment.approvals,
        groups=[
            ApproverGroup(
                name=group.name,
                required=group.required,
                places={place.pk: place.user_id for place in group.approvers.all()},
            )
            for group in groups
        ],
        forbid_author=environment.forbid_author,
        forbid_last_editor=environment.forbid_last_editor,
    )


def windows_of(environment: Environment) -> Sequence[ChangeWindow]:
    """Return when the environment may be changed."""
    return [
        ChangeWindow(
            kind=WindowKind(row.kind),
            name=row.name,
            window=Window(cron=row.cron, minutes=row.minutes, time_zone=row.time_zone),
        )
        for row in environment.windows.all()
    ]


def asks_in_words(environment: Environment) -> list[str]:
    """Return what a change request needs in the environment, in short sentences."""
    asks = []
    if environment.needs_previous and environment.position:
        soak = environment.soak_minutes
        asks.append(
            "Verified in the environment before"
            + (f", and {duration(soak * 60)} of running there." if soak else ".")
        )
    if environment.workload:
        asks.append(
            f"Test workload: {WORKLOAD_CHOICES.get(environment.workload, environment.workload)}."
        )
    count = environment.approvals
    asks.append(f"{count} approval{'' if count == 1 else 's'}." if count else "No approval.")
    if environment.verify_minutes:
        asks.append(f"Clusters do well for {duration(environment.verify_minutes * 60)}.")
    if environment.rolls_back:
        asks.append("Rolls back when verification fails.")
    if environment.release_only:
        asks.append("Clusters run only the released version.")
    return asks


def _defaults(team: Team) -> list[Environment]:
    return [
        Environment(team=team, name=name, position=position, **values)
        for position, (name, values) in enumerate(DEFAULTS.items())
    ]
