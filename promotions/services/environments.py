"""What admins of a team do with its environments: rules, approvers, change windows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.timezone import now

from accounts.errors import FieldError, Invalid, as_invalid, raise_if_any
from accounts.models import Team, User
from accounts.permissions import require
from accounts.services import record
from clouds.models import Cloud
from domain.promotions.checks import CheckKind
from domain.promotions.states import RequestState
from domain.promotions.windows import WindowKind
from domain.promotions.workloads import wrong_command, wrong_workload
from domain.strategies.schedule import Window
from promotions.environments import locked_environment, number, rules_of, saved_environments
from promotions.models import (
    Approver,
    ApproverGroup,
    ChangeRequest,
    ChangeWindow,
    Environment,
)
from promotions.permissions import may_manage
from promotions.services.workload_code import take_code, wrong_code

MOST_ENVIRONMENTS = 12


@transaction.atomic
def add_environment(team: Team, *, name: str, by: User) -> Environment:
    """Return a new environment, the last in the team's order."""
    require(may_manage(by, team=team))
    rows = saved_environments(team)
    if len(rows) >= MOST_ENVIRONMENTS:
        raise Invalid.at("name", f"A team has at most {MOST_ENVIRONMENTS} environments.")
    if any(row.name == name for row in rows):
        raise Invalid.at("name", f"{team} already has an environment '{name}'.")
    environment = Environment(team=team, name=name, position=rows[-1].position + 1)
    with as_invalid():
        environment.full_clean()
    environment.save()
    _record("environment.added", environment, by=by, after={"position": environment.position})
    return environment


@transaction.atomic
def move_environment(environment: Environment, *, earlier: bool, by: User) -> None:
    """Change places with the environment before, or after; at the end nothing changes.

    Requests that were checked or approved are checked again where their rules change by it.
    """
    require(may_manage(by, team=environment.team))
    row = locked_environment(environment)
    rows = saved_environments(row.team)
    place = rows.index(row)
    other = place + (-1 if earlier else 1)
    if not 0 <= other < len(rows):
        return
    rows[place], rows[other] = rows[other], rows[place]
    number(rows)
    _record("environment.moved", row, by=by, before={"place": place}, after={"place": other})


@transaction.atomic
def change_rules(environment: Environment, *, values: Mapping[str, Any], by: User) -> Environment:
    """Change what the environment asks for; `values` by the names of its columns.

    Requests that were checked or approved under other rules are checked again.
    """
    require(may_manage(by, team=environment.team))
    row = locked_environment(environment)
    before = rules_of(row)
    raise_if_any([*_wrong_rules(row, values), *wrong_code(row, values)])
    clouds = values.get("clouds")
    for name, value in values.items():
        if name not in {"clouds", "bypass", "workload_zip"}:
            setattr(row, name, value)
    take_code(row, upload=values.get("workload_zip"))
    with as_invalid():
        row.full_clean()
    row.save()
    if clouds is not None:
        row.clouds.set(Cloud.objects.usable_by(row.team).filter(pk__in=[c.pk for c in clouds]))
    if "bypass" in values:
        row.bypass.set(_members(row.team, values["bypass"], field="bypass"))
    after = rules_of(row)
    changed = {name for name in after if before[name] != after[name]}
    if changed or "bypass" in values:
        _record(
            "environment.rules_changed",
            row,
            by=by,
            before={name: before[name] for name in sorted(changed)},
            after={
                **{name: after[name] for name in sorted(changed)},
                "bypass": sorted(row.bypass.values_list("email", flat=True)),
            },
        )
    return row


@transaction.atomic
def add_approver(environment: Environment, *, group: str, user: User, by: User) -> Approver:
    """Put a member of the team on the list of approvers; a new group is made where none is."""
    require(may_manage(by, team=environment.team))
    row = locked_environment(environment)
    name = group.strip() or "approvers"
    _members(row.team, [user], field="user")
    of_group, _ = ApproverGroup.objects.get_or_create(environment=row, name=name)
    place, is_new = Approver.objects.get_or_create(
        group=of_group, user=user, defaults={"added_by": by}
    )
    if is_new:
        after = {"group": name, "approver": user.email}
        _record("environment.approver_added", row, by=by, after=after)
    return place


@transaction.atomic
def remove_approver(place: Approver, *, by: User) -> None:
    """Take a place on the list away; what was approved from it does not count any more."""
    environment = place.group.environment
    require(may_manage(by, team=environment.team))
    before = {"group": place.group.name, "approver": place.user.email}
    _record("environment.approver_removed", environment, by=by, before=before)
    group = place.group
    place.delete()
    ChangeRequest.objects.filter(
        environment=environment, state=RequestState.AWAITING_APPROVAL
    ).update(wake_at=now())
    if not group.approvers.exists() and not group.required:
        group.delete()


@transaction.atomic
def require_group(group: ApproverGroup, *, required: bool, by: User) -> None:
    """Say whether at least one of this group has to approve."""
    require(may_manage(by, team=group.environment.team))
    ApproverGroup.objects.filter(pk=group.pk).update(required=required)
    after = {"group": group.name, "required": required}
    _record("environment.group_changed", group.environment, by=by, after=after)


@transaction.atomic
def add_window(
    environment: Environment,
    *,
    kind: str,
    cron: str,
    minutes: int,
    time_zone: str = "UTC",
    name: str = "",
    by: User,
) -> ChangeWindow:
    """Return a new time in which changes are allowed or denied."""
    require(may_manage(by, team=environment.team))
    row = locked_environment(environment)
    if kind not in {each.value for each in WindowKind}:
        raise Invalid.at("kind", "Use allow or deny.")
    try:
        Window(cron=cron, minutes=minutes, time_zone=time_zone)
    except ValueError as error:
        field = "time_zone" if "time_zone" in str(error) else "cron"
        raise Invalid.at(field, str(error)) from error
    window = ChangeWindow.objects.create(
        environment=row,
        name=name.strip(),
        kind=kind,
        cron=cron,
        minutes=minutes,
        time_zone=time_zone,
    )
    _record("environment.window_added", row, by=by, after=_facts(window))
    return window


@transaction.atomic
def remove_window(window: ChangeWindow, *, by: User) -> None:
    """Take a change window away."""
    require(may_manage(by, team=window.environment.team))
    _record("environment.window_removed", window.environment, by=by, before=_facts(window))
    window.delete()


def _wrong_rules(row: Environment, values: Mapping[str, Any]) -> list[FieldError]:
    wrong = []
    known = {kind.value for kind in CheckKind}
    if unknown := sorted(set(values.get("required_checks", ())) - known):
        wrong.append(FieldError("required_checks", f"{', '.join(unknown)} is no check."))
    workload = values.get("workload", row.workload)
    command = values.get("workload_command", row.workload_command)
    if reason := wrong_workload(workload):
        wrong.append(FieldError("workload", reason))
    if reason := wrong_command(command, workload=workload):
        wrong.append(FieldError("workload_command", reason))
    if reason := wrong_command(values.get("verify_command", row.verify_command)):
        wrong.append(FieldError("verify_command", reason))
    return wrong


def _members(team: Team, users: list[User], *, field: str) -> list[User]:
    members = set(team.memberships.values_list("user", flat=True))
    for user in users:
        if user.pk not in members and not user.is_superuser:
            raise Invalid.at(field, f"{user} is not a member of {team}.")
    return users


def _facts(window: ChangeWindow) -> dict[str, object]:
    names = ("name", "kind", "cron", "minutes", "time_zone")
    return {name: getattr(window, name) for name in names}


def _record(action: str, environment: Environment, *, by: User, **changes: Any) -> None:
    record(action, actor=by, team=environment.team, subject=environment, **changes)
