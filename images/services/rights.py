"""Who may change images and registries."""

from __future__ import annotations

from accounts.models import Person, Team
from accounts.permissions import Action, Decision, may


def may_edit_images(user: Person, team: Team | None) -> Decision:
    """Return whether the user may register and change images of the team; None: of all teams."""
    if team is None:
        return may(user, Action.MANAGE_INSTALLATION, team=None)
    return may(user, Action.EDIT_TEMPLATE, team=team)


def may_manage_registries(user: Person, team: Team | None) -> Decision:
    """Return whether the user may change registries of the team; None: those of all teams."""
    if team is None:
        return may(user, Action.MANAGE_INSTALLATION, team=None)
    return may(user, Action.MANAGE_TEAM, team=team)
