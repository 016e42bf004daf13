"""May this person do that? One table answers, and says why not."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from accounts.errors import NotAllowed
from accounts.models import Membership, Person, Team, User
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
    MANAGE_TEAM = "manage team"
    MANAGE_INSTALLATION = "manage installation"  # clouds, rate cards, teams

    @property
    def phrase(self) -> str:
        """The action as it reads after "may"."""
        return _PHRASES[self]


_PHRASES: Mapping[Action, str] = {
    Action.VIEW: "look at this",
    Action.EDIT_TEMPLATE: "edit templates",
    Action.LAUNCH: "launch clusters",
    Action.OPERATE: "operate clusters",
    Action.MANAGE_TEAM: "manage the team",
    Action.MANAGE_INSTALLATION: "manage the installation",
}

_VIEWER = frozenset({Action.VIEW})
_ENGINEER = _VIEWER | {Action.EDIT_TEMPLATE, Action.LAUNCH, Action.OPERATE}
ALLOWED: Mapping[Role, frozenset[Action]] = {
    Role.VIEWER: _VIEWER,
    Role.ENGINEER: _ENGINEER,
    Role.ADMIN: _ENGINEER | {Action.MANAGE_TEAM},
}


def may(user: Person, action: Action, *, team: Team | None) -> Decision:
    """Return whether `user` may do `action` in `team`; None stands for the installation itself."""
    if not user.is_active:
        return Decision(allowed=False, reason="Sign in first.")
    if user.is_superuser:
        return Decision(allowed=True)
    if action is Action.MANAGE_INSTALLATION or team is None:
        reason = f"Only an admin of the installation may {action.phrase}."
        return Decision(allowed=False, reason=reason)
    return _may_in(team, action, role=Membership.objects.role_of(user, team=team))


def may_make_link(by: Person, *, member: Membership) -> Decision:
    """Return whether `by` may make a sign-in link for `member`: whoever has it becomes them.

    A team's admin may for somebody who never signed in and is in no other team; for anybody else
    it takes an admin of the installation.
    """
    if by.is_superuser:
        return Decision(allowed=True)
    user = member.user
    elsewhere = user.memberships.exclude(pk=member.pk).exists()
    if user.is_superuser or user.last_login is not None or elsewhere:
        reason = f"{user} has an account already: an admin of the installation can make a link."
        return Decision(allowed=False, reason=reason)
    return may(by, Action.MANAGE_TEAM, team=member.team)


def may_audit(user: User) -> Decision:
    """Return whether `user` may read the trail of at least one team."""
    if user.is_superuser or user.memberships.filter(role=Role.ADMIN).exists():
        return Decision(allowed=True)
    reason = "Only an admin of a team, or of the installation, may read the audit trail."
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
    reason = f"As {role.value} of {team} you may not {action.phrase}: that takes the role {needed}."
    return Decision(allowed=False, reason=reason)
