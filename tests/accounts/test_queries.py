"""What is visible to whom, and which team is looked at."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from accounts.models import Membership, Person, Team, User
from accounts.queries import TEAM_IN_SESSION, NoTeam, current_team, members, teams_of
from accounts.roles import Role
from accounts.sessions import SessionStore
from tests.cast import make_user


def request_of(user: Person, *, chosen: int | None = None) -> HttpRequest:
    request = HttpRequest()
    request.user = user  # type: ignore[assignment]
    request.session = SessionStore()
    if chosen is not None:
        request.session[TEAM_IN_SESSION] = chosen
    return request


def test_a_member_sees_their_own_teams(alice: User, research: Team, other: Team) -> None:
    assert list(teams_of(alice)) == [research]


def test_the_admin_of_the_installation_sees_every_team(
    adam: User, research: Team, other: Team
) -> None:
    assert set(teams_of(adam)) == {research, other}


def test_nobody_signed_in_sees_no_team(research: Team) -> None:
    assert not teams_of(AnonymousUser())


def test_rows_of_another_team_are_not_visible(alice: User, charlie: User) -> None:
    assert [member.user for member in Membership.objects.visible_to(alice)] == [alice]


def test_roles_are_those_of_the_team(
    alice: User, adam: User, charlie: User, research: Team
) -> None:
    assert Membership.objects.role_of(alice, team=research) is Role.ENGINEER
    assert Membership.objects.role_of(charlie, team=research) is None
    assert Membership.objects.role_of(adam, team=research) is Role.ADMIN


def test_the_chosen_team_is_looked_at(adam: User, research: Team, other: Team) -> None:
    assert current_team(request_of(adam)) == other
    assert current_team(request_of(adam, chosen=research.pk)) == research


def test_a_chosen_team_that_was_left_is_forgotten(alice: User, research: Team, other: Team) -> None:
    assert current_team(request_of(alice, chosen=other.pk)) == research


def test_somebody_without_a_team_is_told_so(db: None) -> None:
    with pytest.raises(NoTeam, match="Ask an admin"):
        current_team(request_of(make_user("dora")))


def test_members_are_listed_by_email(alice: User, bob: User, research: Team) -> None:
    assert [member.user for member in members(research)] == [alice, bob]


def test_an_email_is_one_account_however_it_is_written(alice: User) -> None:
    assert User.objects.get_by_natural_key(" Alice@Example.org") == alice
