"""Signing in by password: the right one, the wrong ones, and where it leads."""

from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import SignInAttempt, User
from accounts.services import hashing, set_password
from tests.accounts.conftest import PASSWORD, signed_in

ELSEWHERE = "192.0.2.7"


@pytest.fixture
def with_password(alice: User) -> User:
    set_password(alice, password=PASSWORD)
    return alice


def try_to_sign_in(
    client: Client, *, password: str, email: str = "alice@example.org", address: str = "127.0.0.1",
    next_page: str = "",
) -> HttpResponse:  # fmt: skip
    answers = {"email": email, "password": password, "next": next_page}
    return client.post(reverse("accounts:sign-in"), answers, REMOTE_ADDR=address)


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


@pytest.mark.parametrize("email", ["alice@example.org", "Alice@Example.ORG "])
@pytest.mark.usefixtures("with_password")
def test_the_right_password_signs_in(client: Client, email: str) -> None:
    response = try_to_sign_in(client, password=PASSWORD, email=email)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert is_signed_in(client)


@pytest.mark.usefixtures("with_password")
def test_an_unknown_email_reads_like_a_wrong_password(client: Client) -> None:
    wrong = try_to_sign_in(client, password="not it")
    unknown = try_to_sign_in(client, password="not it", email="nobody@example.org")
    message = "Incorrect email or password"
    assert (message in wrong.text, message in unknown.text) == (True, True)
    assert not is_signed_in(client)


@pytest.mark.usefixtures("alice")
def test_an_account_without_password_has_no_password(client: Client) -> None:
    try_to_sign_in(client, password="!")
    assert not is_signed_in(client)


def fail(client: Client, *, times: int) -> None:
    for _ in range(times):
        assert try_to_sign_in(client, password="not it").status_code == 200


@pytest.mark.usefixtures("with_password")
def test_after_five_wrong_passwords_even_the_right_one_must_wait(client: Client) -> None:
    fail(client, times=5)
    response = try_to_sign_in(client, password=PASSWORD)
    assert response.status_code == 429
    assert "Wait 15 min" in response.text
    assert not is_signed_in(client)


@pytest.mark.usefixtures("with_password")
def test_a_refused_try_does_not_make_the_wait_longer(client: Client) -> None:
    fail(client, times=5)
    try_to_sign_in(client, password=PASSWORD)
    assert SignInAttempt.objects.count() == 5


@pytest.mark.usefixtures("with_password")
def test_the_wait_ends_after_fifteen_minutes(client: Client) -> None:
    fail(client, times=5)
    for attempt in SignInAttempt.objects.all():
        attempt.at -= timedelta(minutes=15)
        attempt.save()
    try_to_sign_in(client, password=PASSWORD)
    assert is_signed_in(client)


@pytest.mark.usefixtures("with_password")
def test_the_wait_is_for_one_email_from_one_address(client: Client) -> None:
    fail(client, times=5)
    assert try_to_sign_in(client, password="x", email="bob@example.org").status_code == 200
    try_to_sign_in(client, password=PASSWORD, address=ELSEWHERE)
    assert is_signed_in(client)


@pytest.mark.usefixtures("with_password")
def test_a_refusal_says_when_to_try_again(client: Client) -> None:
    fail(client, times=5)
    seconds = int(try_to_sign_in(client, password=PASSWORD)["Retry-After"])
    assert 14 * 60 < seconds <= 15 * 60


@pytest.mark.usefixtures("with_password")
def test_too_many_at_the_same_time_is_a_503(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hashing, "WAIT_SECONDS", 0)
    with hashing.hash_slots.take(address="192.0.2.1", is_known=False):
        response = try_to_sign_in(client, password=PASSWORD)
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert "Try again in 5 seconds" in response.text
    assert not is_signed_in(client)


@pytest.mark.usefixtures("with_password")
def test_strangers_do_not_lock_somebody_out_of_their_browser(client: Client) -> None:
    try_to_sign_in(client, password=PASSWORD)
    client.post(reverse("accounts:sign-out"))
    fail(Client(), times=5)
    assert try_to_sign_in(Client(), password=PASSWORD).status_code == 429
    try_to_sign_in(client, password=PASSWORD)
    assert is_signed_in(client)


@pytest.mark.usefixtures("with_password")
@pytest.mark.parametrize("forged", ["", "x", "WzEsICJ4Il0:1x:x", "1:2:3", "\xff"])
def test_a_forged_browser_cookie_is_worth_nothing(client: Client, forged: str) -> None:
    client.cookies["mobula-browser"] = forged
    fail(client, times=5)
    assert try_to_sign_in(client, password=PASSWORD).status_code == 429


@pytest.mark.usefixtures("with_password")
def test_the_cookie_of_a_browser_signs_nobody_in(client: Client) -> None:
    try_to_sign_in(client, password=PASSWORD)
    cookie = client.cookies["mobula-browser"]
    assert cookie["httponly"]
    stranger = Client()
    stranger.cookies["mobula-browser"] = cookie.value
    assert stranger.get(reverse("accounts:account")).status_code == 302


@pytest.mark.parametrize("address", ["9" * 300, "", "x, y", "::1%" + "z" * 80])
def test_an_absurd_address_is_no_error(client: Client, db: None, address: str) -> None:
    assert try_to_sign_in(client, password="x", address=address).status_code == 200


@pytest.mark.parametrize(
    ("email", "status"), [("x" * 300 + "@example.org", 200), ("a\0b@example.org", 400), ("x", 200)]
)
def test_an_absurd_email_is_no_error(client: Client, db: None, email: str, status: int) -> None:
    assert try_to_sign_in(client, password="x", email=email).status_code == status


@pytest.mark.usefixtures("with_password")
def test_what_a_stranger_says_of_their_address_does_not_count(client: Client) -> None:
    for number in range(5):
        answers = {"email": "alice@example.org", "password": "not it"}
        headers = {"X-Forwarded-For": f"198.51.100.{number}"}
        client.post(reverse("accounts:sign-in"), answers, headers=headers)
    assert try_to_sign_in(client, password=PASSWORD).status_code == 429


@pytest.mark.usefixtures("with_password")
def test_the_right_password_forgets_the_wrong_ones(client: Client) -> None:
    fail(client, times=4)
    try_to_sign_in(client, password=PASSWORD)
    assert not SignInAttempt.objects.exists()


@pytest.mark.usefixtures("with_password")
@pytest.mark.parametrize(
    ("asked", "leads_to"),
    [
        ("/clusters/?state=running", "/clusters/?state=running"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("\\\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("http:///evil.example", "/"),
        ("", "/"),
        ("accounts:account", "/"),
        ("home", "/"),
        ("django.contrib.auth.views.LoginView", "/"),
        ("clusters/", "/"),
        ("./clusters/", "/"),
        ("?state=running", "/"),
        ("///evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/\n/evil.example", "/"),
        ("\t//evil.example", "/"),
        (" /clusters/", "/"),
        ("/clusters/\\evil", "/"),
        ("/clusters/\x7f", "/"),
        ("/clusters/\u2028", "/"),
        ("/clusters/\x85", "/"),
        ("/" + "x" * 2000, "/"),
        ("http://testserver/clusters/", "/"),
        ("/clusters/?name=a%20b&next=//x", "/clusters/?name=a%20b&next=//x"),
        ("/x/%5cevil.example", "/x/%5cevil.example"),
    ],
)
def test_signing_in_leads_only_to_our_own_pages(client: Client, asked: str, leads_to: str) -> None:
    assert try_to_sign_in(client, password=PASSWORD, next_page=asked)["Location"] == leads_to


def test_somebody_signed_in_is_not_asked_again(alice: User) -> None:
    response = signed_in(alice).get(reverse("accounts:sign-in"), {"next": "//evil.example"})
    assert response["Location"] == "/"


def test_signing_out_takes_a_post(alice: User) -> None:
    client = signed_in(alice)
    assert client.get(reverse("accounts:sign-out")).status_code == 405
    assert is_signed_in(client)
    assert client.post(reverse("accounts:sign-out"))["Location"] == reverse("accounts:sign-in")
    assert not is_signed_in(client)


def test_every_answer_has_an_id(client: Client, alice: User) -> None:
    first, second = (client.get("/healthz/")["X-Request-ID"] for _ in range(2))
    assert len(first) == 32
    assert first != second
