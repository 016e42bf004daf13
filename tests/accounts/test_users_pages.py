"""Accounts switched off and on: by whom, why, and what ends with it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.errors import Invalid, NotAllowed, WrongState
from accounts.models import AuditEntry, Session, SignInLink, Team, User
from accounts.services import (
    LastInstallationAdmin,
    activate_user,
    deactivate_user,
    make_sign_in_link,
    set_password,
)
from tests.accounts.conftest import PASSWORD, signed_in
from tests.cast import make_member, make_user

PAGE = reverse("accounts:account")
PAGES = ["user", "deactivate-user", "activate-user", "end-user-sessions"]


@pytest.fixture
def eve(db: None) -> User:
    """Another admin of the installation."""
    return User.objects.create_superuser("eve@example.org")


def address(name: str, user: User) -> str:
    return reverse(f"accounts:{name}", args=[user.pk])


@pytest.mark.parametrize("who", ["alice", "anna", "charlie"])
@pytest.mark.parametrize("name", PAGES)
def test_only_an_installation_admin_sees_or_changes_accounts(
    request: pytest.FixtureRequest, bob: User, who: str, name: str
) -> None:
    client = signed_in(request.getfixturevalue(who))
    method = client.get if name == "user" else client.post
    assert method(address(name, bob), {"reason": "No."}).status_code == 403
    assert client.get(reverse("accounts:users")).status_code == 403
    assert 'href="/accounts/users/"' not in client.get(PAGE).text
    assert User.objects.get(pk=bob.pk).is_active


def test_the_list_shows_everyone_and_finds_some(adam: User, alice: User, charlie: User) -> None:
    client = signed_in(adam)
    page = client.get(reverse("accounts:users")).text
    assert all(text in page for text in (alice.email, charlie.email, adam.email, "Research"))
    found = client.get(reverse("accounts:users"), {"q": "ALICE"}).text
    assert (alice.email in found, charlie.email in found) == (True, False)
    assert "No matching users" in client.get(reverse("accounts:users"), {"q": "zzz"}).text


def test_more_users_take_no_more_queries(adam: User, research: Team) -> None:
    client = signed_in(adam)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("accounts:users"))
        return len(queries)

    make_member("member", team=research, role="viewer")
    few = count()
    for number in range(20):
        signed_in(make_member(f"member{number}", team=research, role="viewer"))
    assert count() == few


def test_deactivating_ends_everything_now(adam: User, alice: User) -> None:
    set_password(alice, password=PASSWORD)
    hers = signed_in(alice)
    link = make_sign_in_link(alice, by=None)
    made = make_sign_in_link(make_user("dora"), by=None)
    SignInLink.objects.filter(user__email="dora@example.org").update(created_by=alice)
    response = signed_in(adam).post(
        address("deactivate-user", alice), {"reason": " Left the company. "}, follow=True
    )
    assert "Deactivated Alice. Their sessions and sign-in links ended." in response.text
    assert hers.get(PAGE)["Location"].startswith(reverse("accounts:sign-in"))
    assert [Client().post(path).status_code for path in (link, made)] == [410, 410]
    sign_in = {"email": alice.email, "password": PASSWORD}
    assert "Incorrect email" in Client().post(reverse("accounts:sign-in"), sign_in).text
    entry = AuditEntry.objects.get(action="user.deactivated")
    assert (entry.actor, entry.reason) == (adam, "Left the company.")
    assert (entry.before, entry.after) == ({"active": True}, {"active": False})


def test_a_session_that_outlived_it_gets_in_nowhere(adam: User, alice: User) -> None:
    hers = signed_in(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert Session.objects.filter(user=alice).exists()
    assert hers.get(PAGE).status_code == 302
    activate_user(alice, reason="Is back.", by=adam)
    assert hers.get(PAGE).status_code == 302


def test_activating_lets_in_again(adam: User, alice: User) -> None:
    set_password(alice, password=PASSWORD)
    deactivate_user(alice, reason="Left.", by=adam)
    client = signed_in(adam)
    page = client.post(address("activate-user", alice), {"reason": "Is back."}, follow=True).text
    assert "Activated Alice." in page
    sign_in = {"email": alice.email, "password": PASSWORD}
    assert Client().post(reverse("accounts:sign-in"), sign_in).status_code == 302
    assert AuditEntry.objects.get(action="user.activated").reason == "Is back."


def test_not_oneself(adam: User, eve: User) -> None:
    client = signed_in(adam)
    assert "You cannot deactivate your own account." in client.get(address("user", adam)).text
    assert client.post(address("deactivate-user", adam), {"reason": "x"}).status_code == 403
    with pytest.raises(NotAllowed, match="your own account"):
        deactivate_user(adam, reason="Tired.", by=adam)


def test_not_the_last_admin_of_the_installation(adam: User, eve: User) -> None:
    deactivate_user(eve, reason="Left.", by=adam)
    eve.is_active = True  # as she was when her request began
    with pytest.raises(LastInstallationAdmin):
        deactivate_user(adam, reason="Mine.", by=eve)
    assert User.objects.get(pk=adam.pk).is_active


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_deactivate_each_other_do_not_both_succeed(adam: User, eve: User) -> None:
    together = Barrier(2)

    def deactivate(pair: tuple[User, User]) -> bool:
        together.wait()
        try:
            deactivate_user(pair[0], reason="You first.", by=pair[1])
        except LastInstallationAdmin:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(2) as admins:
        for _ in range(3):
            User.objects.update(is_active=True)
            assert sorted(admins.map(deactivate, [(adam, eve), (eve, adam)])) == [False, True]


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_a_reason_is_required(adam: User, alice: User, reason: str) -> None:
    with pytest.raises(Invalid):
        deactivate_user(alice, reason=reason, by=adam)
    page = signed_in(adam).post(address("deactivate-user", alice), {"reason": reason}, follow=True)
    assert "Reason: " in page.text
    assert User.objects.get(pk=alice.pk).is_active


def test_twice_is_refused(adam: User, alice: User) -> None:
    with pytest.raises(WrongState, match="already active"):
        activate_user(alice, reason="x", by=adam)
    deactivate_user(alice, reason="x", by=adam)
    with pytest.raises(WrongState, match="already deactivated"):
        deactivate_user(alice, reason="x", by=adam)


def test_somebody_elses_sessions_are_ended(adam: User, alice: User) -> None:
    first, second = signed_in(alice), signed_in(alice)
    client = signed_in(adam)
    row = Session.objects.filter(user=alice).order_by("pk").first()
    assert row is not None
    url = reverse("accounts:end-user-session", args=[alice.pk, row.pk])
    assert "Signed out" in client.post(url, follow=True).text
    assert [each.get(PAGE).status_code for each in (first, second)] == [302, 200]
    assert (
        "Signed out Alice everywhere"
        in client.post(address("end-user-sessions", alice), follow=True).text
    )
    assert second.get(PAGE).status_code == 302
    assert client.get(PAGE).status_code == 200


def test_a_session_is_found_only_below_its_user(adam: User, alice: User, bob: User) -> None:
    signed_in(alice)
    row = Session.objects.get(user=alice)
    url = reverse("accounts:end-user-session", args=[bob.pk, row.pk])
    assert signed_in(adam).post(url).status_code == 404


def test_ending_my_own_sessions_there_leaves_this_one(adam: User) -> None:
    here, elsewhere = signed_in(adam), signed_in(adam)
    here.post(address("end-user-sessions", adam))
    assert (here.get(PAGE).status_code, elsewhere.get(PAGE).status_code) == (200, 302)
