"""A sign-in link is worth what its maker may do when it is used, not when it was made."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, transaction
from django.test import Client

from accounts.models import Membership, SignInLink, Team, User
from accounts.permissions import may_make_link
from accounts.roles import Role
from accounts.services import (
    AccountDeactivated,
    activate_user,
    change_role,
    consume_sign_in_link,
    deactivate_user,
    invite_member,
    make_sign_in_link,
    remove_member,
    user_of_link,
)
from tests.cast import make_member

DORA = "dora@example.org"


@pytest.fixture
def omar(other: Team) -> User:
    """The admin of the other team."""
    return make_member("omar", team=other, role=Role.ADMIN)


@pytest.fixture
def ada(research: Team) -> User:
    """Another admin of research, so that anna is not the last one."""
    return make_member("ada", team=research, role=Role.ADMIN)


@pytest.fixture
def path(anna: User, research: Team) -> str:
    """The link that anna got when she invited dora, and keeps."""
    link = invite_member(research, email=DORA, role=Role.VIEWER, by=anna).link
    assert link is not None
    return link


def token_of(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]


def signs_in(path: str) -> bool:
    """Whether the link signs in; what its page says must be the same."""
    client = Client()
    shown = client.get(path).status_code == 200
    pressed = client.post(path).status_code == 302
    assert shown == pressed == ("_auth_user_id" in client.session)
    return pressed


def dora() -> User:
    return User.objects.get(email=DORA)


def test_a_link_kept_by_one_team_does_not_sign_in_to_another(
    path: str, omar: User, other: Team
) -> None:
    invitation = invite_member(other, email=DORA, role=Role.ADMIN, by=omar)
    assert invitation.link is None
    assert not signs_in(path)
    assert dora().last_login is None


def change_doras_role(anna: User, ada: User, adam: User) -> None:
    change_role(dora().memberships.get(), role=Role.ENGINEER, by=ada)


def remove_dora(anna: User, ada: User, adam: User) -> None:
    remove_member(dora().memberships.get(), by=ada)


def remove_and_invite_dora_again(anna: User, ada: User, adam: User) -> None:
    remove_dora(anna, ada, adam)
    invite_member(anna.memberships.get().team, email=DORA, role=Role.VIEWER, by=anna)


def demote_anna(anna: User, ada: User, adam: User) -> None:
    change_role(anna.memberships.get(), role=Role.ENGINEER, by=ada)


def demote_anna_for_a_while(anna: User, ada: User, adam: User) -> None:
    demote_anna(anna, ada, adam)
    change_role(anna.memberships.get(), role=Role.ADMIN, by=ada)


def remove_anna(anna: User, ada: User, adam: User) -> None:
    remove_member(anna.memberships.get(), by=ada)


def deactivate_anna(anna: User, ada: User, adam: User) -> None:
    deactivate_user(anna, reason="Left.", by=adam)


def deactivate_anna_for_a_while(anna: User, ada: User, adam: User) -> None:
    deactivate_anna(anna, ada, adam)
    activate_user(anna, reason="Came back.", by=adam)


def deactivate_dora_for_a_while(anna: User, ada: User, adam: User) -> None:
    deactivate_user(dora(), reason="Not yet.", by=adam)
    activate_user(dora(), reason="Now.", by=adam)


def let_dora_in_by_another_link(anna: User, ada: User, adam: User) -> None:
    assert consume_sign_in_link(token_of(make_sign_in_link(dora(), by=adam)))


def give_dora_a_password(anna: User, ada: User, adam: User) -> None:
    user = dora()
    user.set_password("a shoal of small fish")
    user.save()


@pytest.mark.parametrize(
    "happens",
    [
        change_doras_role,
        remove_dora,
        remove_and_invite_dora_again,
        demote_anna,
        demote_anna_for_a_while,
        remove_anna,
        deactivate_anna,
        deactivate_anna_for_a_while,
        deactivate_dora_for_a_while,
        let_dora_in_by_another_link,
        give_dora_a_password,
    ],
)
def test_a_link_is_void_once_its_maker_could_not_make_it(
    path: str, anna: User, ada: User, adam: User, happens: Callable[[User, User, User], None]
) -> None:
    assert user_of_link(token_of(path)) == dora()
    happens(anna, ada, adam)
    assert not signs_in(path)


def test_what_changes_without_a_service_counts_too(path: str, anna: User, other: Team) -> None:
    membership = Membership.objects.create(user=dora(), team=other, role=Role.VIEWER)
    assert user_of_link(token_of(path)) is None
    membership.delete()
    assert user_of_link(token_of(path)) == dora()
    anna.memberships.update(role=Role.ENGINEER)
    assert not signs_in(path)


def test_links_of_other_people_stay(path: str, anna: User, research: Team, ada: User) -> None:
    second = invite_member(research, email="emil@example.org", role=Role.VIEWER, by=ada).link
    demote_anna(anna, ada, ada)
    assert second is not None
    assert signs_in(second)


@pytest.mark.parametrize("loses", ["is_superuser", "is_active"])
def test_a_link_of_an_installation_admin_ends_with_their_right(
    adam: User, alice: User, loses: str
) -> None:
    path = make_sign_in_link(alice, by=adam)
    assert user_of_link(token_of(path)) == alice
    User.objects.filter(pk=adam.pk).update(**{loses: False})
    assert not signs_in(path)


def test_an_installation_admin_lets_in_whoever_two_teams_invited(
    path: str, omar: User, other: Team, adam: User, research: Team
) -> None:
    invite_member(other, email=DORA, role=Role.ADMIN, by=omar)
    assert signs_in(make_sign_in_link(dora(), by=adam, team=research))


def test_a_link_without_a_team_by_somebody_who_is_no_admin_is_void(
    path: str, anna: User, ada: User
) -> None:
    SignInLink.objects.update(team=None)  # as links from before the column
    assert not signs_in(path)


def test_nobody_is_invited_into_a_deactivated_account(
    anna: User, research: Team, charlie: User, adam: User
) -> None:
    deactivate_user(charlie, reason="Left.", by=adam)
    with pytest.raises(AccountDeactivated):
        invite_member(research, email=charlie.email, role=Role.VIEWER, by=anna)
    with pytest.raises(AccountDeactivated):
        make_sign_in_link(charlie, by=adam)
    assert not research.memberships.filter(user=charlie).exists()


def test_a_password_without_a_sign_in_is_an_account(
    anna: User, research: Team, ada: User, path: str
) -> None:
    give_dora_a_password(anna, ada, ada)
    assert not may_make_link(anna, member=dora().memberships.get())


@pytest.mark.django_db(transaction=True)
def test_a_link_is_not_used_while_another_team_invites(
    anna: User, omar: User, research: Team, other: Team
) -> None:
    """Whoever is first: nobody signs in by the old link as a member of both teams."""
    together = Barrier(2)

    def use(path: str) -> User | None:
        together.wait()
        try:
            return consume_sign_in_link(token_of(path))
        finally:
            connection.close()

    def invite(email: str) -> bool:
        """Whether the person was a stranger to the invitation."""
        together.wait()
        try:
            return not invite_member(other, email=email, role=Role.ADMIN, by=omar).has_account
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as people:
        for number in range(12):
            email = f"dora{number}@example.org"
            link = invite_member(research, email=email, role=Role.VIEWER, by=anna).link
            assert link is not None
            used, was_stranger = people.submit(use, link), people.submit(invite, email)
            assert (used.result() is None) == was_stranger.result()


@pytest.mark.django_db(transaction=True)
def test_a_link_waits_for_the_invitation_that_is_being_written(
    anna: User, omar: User, research: Team, other: Team
) -> None:
    link = invite_member(research, email=DORA, role=Role.VIEWER, by=anna).link
    assert link is not None

    def use() -> User | None:
        try:
            return consume_sign_in_link(token_of(link))
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as people:
        with transaction.atomic():
            invite_member(other, email=DORA, role=Role.ADMIN, by=omar)
            used = people.submit(use)
            with pytest.raises(TimeoutError):
                used.result(timeout=0.3)
        assert used.result(timeout=10) is None
