"""Who may do what: every role, every action."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied

from accounts.models import Team, User
from accounts.permissions import ALLOWED, Action, Decision, may, require
from accounts.roles import Role
from tests.cast import make_member

A, V, E = Role.ADMIN, Role.VIEWER, Role.ENGINEER
MATRIX = {
    Action.VIEW: {V, E, A},
    Action.EDIT_TEMPLATE: {E, A},
    Action.LAUNCH: {E, A},
    Action.OPERATE: {E, A},
    Action.READ_HISTORY: {A},
    Action.MANAGE_TEAM: {A},
    Action.MANAGE_INSTALLATION: set(),
}


def test_the_matrix_and_the_rules_are_complete() -> None:
    assert set(MATRIX) == set(Action)
    assert set(ALLOWED) == set(Role)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("role", Role)
def test_a_role_may_do_what_the_matrix_says(research: Team, role: Role, action: Action) -> None:
    member = make_member("someone", team=research, role=role)
    assert bool(may(member, action, team=research)) is (role in MATRIX[action])


@pytest.mark.parametrize("action", Action)
def test_a_stranger_may_nothing(charlie: User, research: Team, action: Action) -> None:
    assert not may(charlie, action, team=research)


@pytest.mark.parametrize("action", Action)
def test_nobody_signed_in_may_nothing(research: Team, action: Action) -> None:
    assert not may(AnonymousUser(), action, team=research)


@pytest.mark.parametrize("action", Action)
def test_the_admin_of_the_installation_may_everything(
    adam: User, research: Team, action: Action
) -> None:
    assert may(adam, action, team=research)
    assert may(adam, action, team=None)


@pytest.mark.parametrize("action", Action)
def test_without_a_team_only_the_admin_of_the_installation_may(alice: User, action: Action) -> None:
    assert not may(alice, action, team=None)


def test_a_switched_off_account_may_nothing(adam: User, research: Team) -> None:
    adam.is_active = False
    assert not may(adam, Action.VIEW, team=research)


def test_a_refusal_says_what_is_missing(bob: User, research: Team) -> None:
    refusal = may(bob, Action.LAUNCH, team=research)
    assert refusal.reason == "You need the Engineer role in Research."


def test_require_raises_the_reason() -> None:
    require(Decision(allowed=True))
    with pytest.raises(PermissionDenied, match="Not on Sundays"):
        require(Decision(allowed=False, reason="Not on Sundays."))
