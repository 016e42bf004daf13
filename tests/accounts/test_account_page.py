"""One's own account."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.errors import Outdated
from accounts.models import AuditEntry, SignInAttempt, Team, User
from accounts.roles import Theme
from accounts.services import (
    change_password,
    check_password,
    make_sign_in_link,
    set_password,
)
from tests.accounts.conftest import PASSWORD, signed_in

NEW = "a mobula leaps at dusk"


def change(client: Client, **answers: str) -> str:
    """Answer the password form and return the page that follows."""
    answers = {"new": NEW, "repeated": NEW} | answers
    return client.post(reverse("accounts:password"), answers, follow=True).text


def test_name_and_theme_are_saved(alice: User) -> None:
    answers = {"name": "Alice Liddell", "theme": "dark"}
    response = signed_in(alice).post(reverse("accounts:account"), answers)
    assert response["Location"] == reverse("accounts:account")
    alice.refresh_from_db()
    assert (alice.name, alice.theme) == ("Alice Liddell", Theme.DARK)


def test_an_unknown_theme_is_refused_beside_its_field(alice: User) -> None:
    response = signed_in(alice).post(reverse("accounts:account"), {"theme": "plaid"})
    assert "plaid is not one of the available choices" in response.text


def test_whoever_came_by_a_link_sets_a_password_without_the_old_one(alice: User) -> None:
    set_password(alice, password=PASSWORD)
    client = Client()
    client.post(make_sign_in_link(alice, by=None))
    assert "Password saved." in change(client)
    alice.refresh_from_db()
    assert alice.check_password(NEW)


def test_that_holds_for_one_change_only(alice: User) -> None:
    client = Client()
    client.post(make_sign_in_link(alice, by=None))
    change(client)
    assert "This field is required" in change(client, new=PASSWORD, repeated=PASSWORD)


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({"current": "not it"}, "Incorrect current password"),
        ({"current": PASSWORD, "new": "short", "repeated": "short"}, "at least 12 characters"),
        ({"current": PASSWORD, "repeated": "something else"}, "The new passwords do not match"),
    ],
)
def test_a_refused_password_says_why(alice: User, answers: dict[str, str], message: str) -> None:
    set_password(alice, password=PASSWORD)
    assert message in change(signed_in(alice), **answers)
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_wrong_current_passwords_are_counted(alice: User) -> None:
    set_password(alice, password=PASSWORD)
    client = signed_in(alice)
    for _ in range(5):
        assert "Incorrect current password" in change(client, current="not it")
    answers = {"current": PASSWORD, "new": NEW, "repeated": NEW}
    response = client.post(reverse("accounts:password"), answers)
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert "Too many failed sign-in attempts. Wait 15 min" in response.text
    assert "Wait 15 min" in change(signed_in(alice), current=PASSWORD)
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_the_right_current_password_forgets_the_wrong_ones(alice: User) -> None:
    set_password(alice, password=PASSWORD)
    client = signed_in(alice)
    for _ in range(4):
        change(client, current="not it")
    assert "Password saved." in change(client, current=PASSWORD)
    assert not SignInAttempt.objects.exists()


def test_strangers_do_not_keep_me_from_changing_my_password(alice: User) -> None:
    set_password(alice, password=PASSWORD)
    for _ in range(5):
        check_password(alice.email, "not it", address="127.0.0.1")
    assert "Password saved." in change(signed_in(alice), current=PASSWORD)


def test_a_password_that_was_changed_meanwhile_stays(alice: User) -> None:
    set_password(alice, password=PASSWORD)
    stale = User.objects.get(pk=alice.pk)
    set_password(alice, password=NEW)
    with pytest.raises(Outdated):
        change_password(stale, current=PASSWORD, new="another fine shoal", is_proved=False)
    alice.refresh_from_db()
    assert alice.check_password(NEW)


def test_a_new_password_ends_the_other_sessions(alice: User) -> None:
    set_password(alice, password=PASSWORD)
    here, elsewhere = signed_in(alice), signed_in(alice)
    change(here, current=PASSWORD)
    page = reverse("accounts:account")
    assert (here.get(page).status_code, elsewhere.get(page).status_code) == (200, 302)


def test_no_password_reaches_the_trail(alice: User) -> None:
    change(signed_in(alice))
    entry = AuditEntry.objects.get(action="user.password_set")
    assert (entry.before, entry.after) == (None, None)


def test_the_page_lists_my_teams_and_roles(alice: User) -> None:
    page = signed_in(alice).get(reverse("accounts:account")).text
    assert "Research" in page
    assert "Engineer" in page


def test_switching_to_another_team(adam: User, research: Team, other: Team) -> None:
    client = signed_in(adam)
    for team in (research, other):
        answers = {"team": team.pk, "next": reverse("accounts:team")}
        page = client.post(reverse("accounts:switch-team"), answers, follow=True)
        assert f"Team {team}" in page.text


@pytest.mark.parametrize("team", ["of charlie", "", "nonsense", "²"])
def test_switching_to_a_team_that_is_not_mine_is_404(alice: User, other: Team, team: str) -> None:
    answers = {"team": str(other.pk) if team == "of charlie" else team}
    response = signed_in(alice).post(reverse("accounts:switch-team"), answers)
    assert response.status_code == 404


@pytest.mark.parametrize("asked", ["https://evil.example/", "accounts:account", "//evil.example"])
def test_switching_leads_only_to_our_own_pages(alice: User, research: Team, asked: str) -> None:
    answers = {"team": research.pk, "next": asked}
    response = signed_in(alice).post(reverse("accounts:switch-team"), answers)
    assert response["Location"] == "/"
