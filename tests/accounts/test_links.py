"""One-time links: once, within a day, and never by looking."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import SignInLink, User
from accounts.services import consume_sign_in_link, make_sign_in_link, set_password
from tests.accounts.conftest import PASSWORD


@pytest.fixture
def path(alice: User) -> str:
    """The path of an unused link of alice's."""
    return make_sign_in_link(alice, by=None)


def token_of(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]


def test_a_link_signs_in_once(alice: User, path: str) -> None:
    assert consume_sign_in_link(token_of(path)) == alice
    assert consume_sign_in_link(token_of(path)) is None


def test_a_link_ends_after_a_day(path: str) -> None:
    link = SignInLink.objects.get()
    assert timedelta(hours=23) < link.expires_at - timezone.now() <= timedelta(hours=24)
    SignInLink.objects.update(expires_at=timezone.now())
    assert consume_sign_in_link(token_of(path)) is None


def test_the_database_does_not_know_the_token(path: str) -> None:
    assert token_of(path) not in str(SignInLink.objects.values().get())


def test_a_switched_off_account_gets_in_by_no_link(alice: User, path: str) -> None:
    alice.is_active = False
    alice.save()
    assert consume_sign_in_link(token_of(path)) is None


def test_a_new_password_ends_the_links_that_are_left(alice: User, path: str) -> None:
    set_password(alice, password=PASSWORD)
    assert consume_sign_in_link(token_of(path)) is None


@pytest.mark.django_db(transaction=True)
def test_of_many_who_press_at_once_one_gets_in(alice: User) -> None:
    together = Barrier(4)

    def press(token: str) -> User | None:
        together.wait()
        try:
            return consume_sign_in_link(token)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as people:
        for _ in range(10):
            token = token_of(make_sign_in_link(alice, by=None))
            winners = [user for user in people.map(press, [token] * 4) if user]
            assert winners == [alice]


def test_looking_at_a_link_does_not_use_it_up(client: Client, path: str) -> None:
    assert "Sign in as Alice" in client.get(path).text
    assert "Sign in as Alice" in client.get(path).text
    assert SignInLink.objects.get().used_at is None


def test_pressing_the_button_signs_in_and_asks_for_a_password(client: Client, path: str) -> None:
    response = client.post(path, follow=True)
    assert response.redirect_chain == [(reverse("accounts:account"), 302)]
    assert "Set a password" in response.text


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_used_link_says_what_to_do_next(client: Client, path: str, method: str) -> None:
    client.post(path)
    response = getattr(Client(), method)(path)
    assert response.status_code == 410
    assert "Ask the sender for a new link" in response.text


def test_a_link_is_followed_only_with_the_pages_own_button(path: str) -> None:
    assert Client(enforce_csrf_checks=True).post(path).status_code == 403
    assert SignInLink.objects.get().used_at is None
