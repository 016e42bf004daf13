"""Who may do what with environments and change requests, with the reason for a refusal."""

from __future__ import annotations

from collections.abc import Mapping

from accounts.models import Membership, Person, Team, User
from accounts.permissions import Action, Decision, may
from accounts.roles import Role
from domain.promotions.approval import ApprovalRule, barred_from
from promotions.models import Approver, ChangeRequest, Environment

_ORDER = list(Role)


def may_request(user: Person, *, team: Team) -> Decision:
    """Return whether `user` may ask for a version to be released, and edit such requests."""
    return may(user, Action.EDIT_TEMPLATE, team=team)


def may_manage(user: Person, *, team: Team) -> Decision:
    """Return whether `user` may change environments, their rules and their approvers."""
    return may(user, Action.MANAGE_TEAM, team=team)


def may_launch_in(user: Person, environment: Environment) -> Decision:
    """Return whether `user` may launch clusters in the environment."""
    decision = may(user, Action.LAUNCH, team=environment.team)
    if not decision:
        return decision
    role = Membership.objects.role_of(user, team=environment.team)
    needed = Role(environment.launch_role)
    if role is None or _ORDER.index(role) < _ORDER.index(needed):
        reason = f"Launching in {environment} takes the {needed.label} role."
        return Decision(allowed=False, reason=reason)
    return Decision(allowed=True)


def may_skip_checks(user: Person, environment: Environment) -> Decision:
    """Return whether `user` may skip checks in a hotfix; a team's admin alone may not."""
    decision = may(user, Action.EDIT_TEMPLATE, team=environment.team)
    if not decision:
        return decision
    if environment.pk and environment.bypass.filter(pk=user.pk).exists():
        return Decision(allowed=True)
    reason = f"Only people who may bypass checks in {environment} can skip them."
    return Decision(allowed=False, reason=reason)


def may_approve(user: User, request: ChangeRequest) -> Decision:
    """Return whether the approval of `user` would count.

    Being an admin is not enough: whoever approves is on the environment's list of approvers, and
    neither asked for the change nor wrote the version, where the environment forbids that.
    """
    decision = may(user, Action.VIEW, team=request.team)
    if not decision:
        return decision
    environment = request.environment
    if not Approver.objects.filter(group__environment=environment, user=user).exists():
        return Decision(allowed=False, reason=f"You are not an approver of {environment}.")
    if _barred(request, {user.pk: user.email}):
        reason = f"In {environment}, who requested a change or wrote its version cannot approve it."
        return Decision(allowed=False, reason=reason)
    return Decision(allowed=True)


def may_roll_back(user: User, request: ChangeRequest) -> Decision:
    """Return whether `user` may take the release back: approvers and admins of the team."""
    if Approver.objects.filter(group__environment=request.environment, user=user).exists():
        return may(user, Action.VIEW, team=request.team)
    return may(user, Action.MANAGE_TEAM, team=request.team)


def counting_people(request: ChangeRequest) -> tuple[frozenset[int], frozenset[int]]:
    """Return the people who can approve, as (active in the team, barred by what they did)."""
    places = Approver.objects.filter(group__environment=request.environment)
    users = {place.user_id: place.user for place in places.select_related("user")}
    members = set(
        Membership.objects.filter(team=request.team, user__in=users).values_list("user", flat=True)
    )
    active = {
        pk for pk, user in users.items() if user.is_active and (user.is_superuser or pk in members)
    }
    return frozenset(active), _barred(request, {pk: user.email for pk, user in users.items()})


def _barred(request: ChangeRequest, addresses: Mapping[int, str]) -> frozenset[int]:
    """Return who of these people cannot approve; their groups do not matter for it."""
    environment = request.environment
    rule = ApprovalRule(
        forbid_author=environment.forbid_author,
        forbid_last_editor=environment.forbid_last_editor,
    )
    return barred_from(
        rule,
        author=request.author.email,
        last_editor=request.version.author.email,
        addresses=addresses,
    )
