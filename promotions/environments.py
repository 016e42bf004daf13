"""The environments of a team, and what each asks for, in the terms of `domain.promotions`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from accounts.models import Team
from accounts.roles import Role
from domain.promotions.approval import ApprovalRule, ApproverGroup
from domain.promotions.windows import ChangeWindow, WindowKind
from domain.promotions.workloads import TEST_WORKLOADS
from domain.strategies.schedule import Window
from domain.wording import duration
from promotions.models import Environment

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
    *("approvals", "forbid_author", "forbid_last_editor", "expires_hours"),
    *("verify_minutes", "verify_task", "rolls_back"),
)


def environments_of(team: Team) -> list[Environment]:
    """Return the team's environments in their order; the defaults, unsaved, until it has rows."""
    return list(Environment.objects.filter(team=team).order_by("position")) or _defaults(team)


def environment_of(team: Team, name: str) -> Environment | None:
    """Return the team's environment of this name, saved or by default."""
    return next((each for each in environments_of(team) if each.name == name), None)


@transaction.atomic
def saved_environments(team: Team) -> list[Environment]:
    """Return the team's environments as rows; the defaults become rows now."""
    Team.objects.select_for_update().get(pk=team.pk)  # of two that write them, one does
    if not Environment.objects.filter(team=team).exists():
        Environment.objects.bulk_create(_defaults(team))
    return list(Environment.objects.filter(team=team).order_by("position"))


def previous_of(environment: Environment) -> Environment | None:
    """Return the environment that a version has to pass before this one; None for the first."""
    rows = Environment.objects.filter(team=environment.team, position__lt=environment.position)
    return rows.order_by("-position").first()


def rules_of(environment: Environment) -> dict[str, object]:
    """Return all that the environment asks for as plain data: what approvals are bound to."""
    return {
        **{name: getattr(environment, name) for name in _RULES},
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
            f"Test workload: {TEST_WORKLOADS.get(environment.workload, environment.workload)}."
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
