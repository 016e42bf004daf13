"""Permissions: what each role can do, and the reason for a refusal."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from accounts.errors import NotAllowed
from accounts.models import Membership, Person, SignInLink, Team, User
from accounts.roles import Role


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether something is allowed, and the sentence that the user reads when it is not."""

    allowed: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.allowed


class Action(StrEnum):
    """What the pages ask permission for."""

    VIEW = "view"
    EDIT_TEMPLATE = "edit template"
    LAUNCH = "launch"
    OPERATE = "operate"  # resize, stop, start, terminate, run jobs
    READ_HISTORY = "read history"  # who did what to something
    MANAGE_TEAM = "manage team"
    MANAGE_INSTALLATION = "manage installation"  # clouds, rate cards, teams

    @property
    def phrase(self) -> str:
        """The action as it reads after "can"."""
        return _PHRASES[self]


_PHRASES: Mapping[Action, str] = {
    Action.VIEW: "view this",
    Action.EDIT_TEMPLATE: "edit templates and images",
    Action.LAUNCH: "launch clusters",
    Action.OPERATE: "operate clusters",
    Action.READ_HISTORY: "see the history",
    Action.MANAGE_TEAM: "manage the team",
    Action.MANAGE_INSTALLATION: "manage the installation",
}

_VIEWER = frozenset({Action.VIEW})
_ENGINEER = _VIEWER | {Action.EDIT_TEMPLATE, Action.LAUNCH, Action.OPERATE}
ALLOWED: Mapping[Role, frozenset[Action]] = {
    Role.VIEWER: _VIEWER,
    Role.ENGINEER: _ENGINEER,
    Role.ADMIN: _ENGINEER | {Action.READ_HISTORY, Action.MANAGE_TEAM},
}
_READING = {Action.VIEW, Action.READ_HISTORY}


def may(user: Person, action: Action, *, team: Team | None) -> Decision:
    """Return whether `user` may do `action` in `team`; None stands for the installation itself."""
    decision = _whatever_the_role(user, action, team=team)
    if decision is not None:
        return decision
    if team is None:
        return _for_installation_admins(action)
    return _may_in(team, action, role=Membership.objects.role_of(user, team=team))


def may_each(user: Person, *actions: Action, team: Team) -> list[Decision]:
    """Return what `may` returns for each of the actions; asks once for the role."""
    role = Membership.objects.role_of(user, team=team)
    decisions = []
    for action in actions:
        decision = _whatever_the_role(user, action, team=team)
        decisions.append(_may_in(team, action, role=role) if decision is None else decision)
    return decisions


def _whatever_the_role(user: Person, action: Action, *, team: Team | None) -> Decision | None:
    """Return the decision that does not depend on a role in the team."""
    if not user.is_active:
        return Decision(allowed=False, reason="Sign in first.")
    if team is not None and team.is_sample and action not in _READING:
        reason = f"{team} has sample data, which can only be viewed. Switch to another team."
        return Decision(allowed=False, reason=reason)
    if user.is_superuser:
        return Decision(allowed=True)
    if action is Action.MANAGE_INSTALLATION:
        return _for_installation_admins(action)
    return None


def _for_installation_admins(action: Action) -> Decision:
    reason = f"Only an installation admin can {action.phrase}."
    return Decision(allowed=False, reason=reason)


def may_make_link(by: Person, *, member: Membership) -> Decision:
    """Return whether `by` may make a sign-in link for `member`: its holder signs in as them.

    A team's admin may for someone who never signed in and is in no other team; for anybody else
    it takes an admin of the installation.
    """
    if by.is_superuser:
        return may(by, Action.MANAGE_INSTALLATION, team=None)
    user = member.user
    if user.is_superuser or has_account(user):
        reason = (
            f"{user} already has an account. Only an installation admin can create a sign-in link."
        )
        return Decision(allowed=False, reason=reason)
    if user.memberships.exclude(pk=member.pk).exists():
        reason = (
            f"Another team invited {user} too. Only an installation admin can create a sign-in "
            "link."
        )
        return Decision(allowed=False, reason=reason)
    return may(by, Action.MANAGE_TEAM, team=member.team)


def may_use_link(link: SignInLink) -> Decision:
    """Return whether a link may still sign its user in: its maker must be able to make it now."""
    if not link.user.is_active:
        return Decision(allowed=False, reason=f"The account of {link.user} is deactivated.")
    if link.created_by is None:  # Mobula itself
        return Decision(allowed=True)
    if link.team is None:
        return may(link.created_by, Action.MANAGE_INSTALLATION, team=None)
    member = link.user.memberships.filter(team=link.team).select_related("user", "team").first()
    if member is None:
        return Decision(allowed=False, reason=f"{link.user} is not a member of {link.team}.")
    return may_make_link(link.created_by, member=member)


def has_account(user: User) -> bool:
    """Return whether `user` has signed in before, or could without a link."""
    return user.last_login is not None or user.has_usable_password()


def may_deactivate(by: Person, *, user: User) -> Decision:
    """Return whether `by` may deactivate the account of `user`."""
    decision = may(by, Action.MANAGE_INSTALLATION, team=None)
    if decision and by == user:
        return Decision(allowed=False, reason="You cannot deactivate your own account.")
    return decision


def may_end_sessions(by: Person, *, user: User) -> Decision:
    """Return whether `by` may sign `user` out of their browsers: everybody their own."""
    if by == user and user.is_active:
        return Decision(allowed=True)
    return may(by, Action.MANAGE_INSTALLATION, team=None)


def may_audit(user: User) -> Decision:
    """Return whether `user` may read the trail of at least one team."""
    if user.is_superuser or user.memberships.filter(role=Role.ADMIN).exists():
        return Decision(allowed=True)
    reason = "Only team admins and installation admins can read the audit log."
    return Decision(allowed=False, reason=reason)


def require(decision: Decision) -> None:
    """Raise `NotAllowed` with the reason unless it is allowed."""
    if not decision:
        raise NotAllowed(decision.reason)


def _may_in(team: Team, action: Action, *, role: Role | None) -> Decision:
    if role is None:
        return Decision(allowed=False, reason=f"You are not a member of {team}.")
    if action in ALLOWED[role]:
        return Decision(allowed=True)
    needed = next(role for role in Role if action in ALLOWED[role])
    reason = f"You need the {needed.label} role in {team}."
    return Decision(allowed=False, reason=reason)
