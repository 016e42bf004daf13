"""Who may do what with environments and change requests, with the reason for a refusal."""

from __future__ import annotations

from accounts.models import Membership, Person, Team, User
from accounts.permissions import Action, Decision, may
from accounts.roles import Role
from domain.promotions.approval import barred_from
from domain.promotions.states import RequestState
from promotions.environments import approval_rule
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
    barred = barred_from(
        approval_rule(environment),
        author=request.author.email,
        last_editor=request.version.author.email,
        addresses={user.pk: user.email},
    )
    if barred:
        reason = f"In {environment}, who requested a change or wrote its version cannot approve it."
        return Decision(allowed=False, reason=reason)
    return Decision(allowed=True)


def may_decide_now(user: User, request: ChangeRequest) -> Decision:
    """Return whether `user` can approve or reject the request in its present state."""
    decision = may_approve(user, request)
    if decision and request.state != RequestState.AWAITING_APPROVAL:
        reason = f"This request is {request.state}: there is nothing to approve."
        return Decision(allowed=False, reason=reason)
    return decision


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
    barred = barred_from(
        approval_rule(request.environment),
        author=request.author.email,
        last_editor=request.version.author.email,
        addresses={pk: user.email for pk, user in users.items()},
    )
    return frozenset(active), barred
