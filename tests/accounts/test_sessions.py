"""Sessions: listed, ended one by one or together, over after a time, and never by their key."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.backends.base import UpdateError
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.browsers import browser_name
from accounts.models import AuditEntry, Session, User
from accounts.services import make_room, make_sign_in_link, set_password
from accounts.services.sessions import MOST_SESSIONS
from accounts.sessions import SEEN_EVERY, SessionStore, key_hash
from tests.accounts.conftest import PASSWORD, signed_in

PAGE = reverse("accounts:account")
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"
)
CHROME = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Mobile Safari/537.36"
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
)


def sign_in(user: User, *, agent: str, address: str) -> Client:
    """Return a browser that came by a link."""
    client = Client(headers={"User-Agent": agent}, REMOTE_ADDR=address)
    client.post(make_sign_in_link(user, by=None))
    return client


@pytest.fixture
def laptop(alice: User) -> Client:
    return sign_in(alice, agent=FIREFOX, address="192.0.2.7")


@pytest.fixture
def phone(alice: User, laptop: Client) -> Client:
    return sign_in(alice, agent=SAFARI, address="2001:db8::7")


def is_signed_in(client: Client) -> bool:
    return client.get(PAGE).status_code == 200


def session_of(client: Client) -> Session:
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    return Session.objects.get(key_hash=key_hash(key))


def let_time_pass(time: timedelta) -> None:
    Session.objects.update(created_at=F("created_at") - time, last_seen_at=F("last_seen_at") - time)


def test_the_account_page_lists_my_sessions(laptop: Client, phone: Client, adam: User) -> None:
    signed_in(adam)
    page = laptop.get(PAGE)
    rows = page.context["sessions"]
    assert [(row.session.browser, row.session.address, row.is_this) for row in rows] == [
        ("Safari on iPhone", "2001:db8::7", False),
        ("Firefox on Linux", "192.0.2.7", True),
    ]
    assert "Sign out everywhere else" in page.text
    assert page.text.count("This session") == 1


def test_a_session_of_mine_is_signed_out(laptop: Client, phone: Client, alice: User) -> None:
    url = reverse("accounts:end-session", args=[session_of(phone).pk])
    assert "Signed out Safari on iPhone." in laptop.post(url, follow=True).text
    assert (is_signed_in(laptop), is_signed_in(phone)) == (True, False)
    entry = AuditEntry.objects.get(action="user.session_ended")
    assert (entry.actor, entry.before) == (
        alice,
        {"browser": "Safari on iPhone", "address": "2001:db8::7"},
    )


def test_everywhere_else_is_not_here(laptop: Client, phone: Client, alice: User) -> None:
    response = laptop.post(reverse("accounts:end-other-sessions"), follow=True)
    assert "Signed out 1 other session." in response.text
    assert (is_signed_in(laptop), is_signed_in(phone)) == (True, False)
    assert AuditEntry.objects.get(action="user.sessions_ended").before == {"sessions": 1}


def test_sessions_of_somebody_else_are_not_found(laptop: Client, bob: User) -> None:
    theirs = signed_in(bob)
    url = reverse("accounts:end-session", args=[session_of(theirs).pk])
    assert laptop.post(url).status_code == 404
    assert is_signed_in(theirs)


@pytest.mark.parametrize("name", ["end-session", "end-other-sessions"])
def test_looking_ends_nothing(laptop: Client, phone: Client, name: str) -> None:
    args = [session_of(phone).pk] if name == "end-session" else []
    assert laptop.get(reverse(f"accounts:{name}", args=args))["Location"] == PAGE
    assert is_signed_in(phone)


def test_a_session_that_is_ended_during_a_request_stays_ended(laptop: Client) -> None:
    store = SessionStore(laptop.cookies[settings.SESSION_COOKIE_NAME].value)
    store["note"] = "late"
    Session.objects.all().delete()
    with pytest.raises(UpdateError):
        store.save()
    assert not Session.objects.exists()


def test_a_new_password_ends_the_other_sessions_in_the_list_too(
    alice: User, laptop: Client, phone: Client
) -> None:
    answers = {"new": PASSWORD, "repeated": PASSWORD}
    assert laptop.post(reverse("accounts:password"), answers).status_code == 302
    assert [row.browser for row in Session.objects.all()] == ["Firefox on Linux"]
    assert is_signed_in(laptop)


def test_the_database_does_not_know_the_key(laptop: Client) -> None:
    key = laptop.cookies[settings.SESSION_COOKIE_NAME].value
    assert key not in str(list(Session.objects.values()))


@pytest.mark.parametrize(
    ("time", "every", "lasts"),
    [
        (timedelta(hours=71), 1, True),
        (timedelta(hours=73), 1, False),
        (timedelta(hours=50), 6, True),
        (timedelta(hours=50), 7, False),
    ],
)
def test_a_session_ends_when_it_is_idle_or_old(
    laptop: Client, time: timedelta, every: int, lasts: bool
) -> None:
    for _ in range(every - 1):
        let_time_pass(time)
        assert is_signed_in(laptop)
    let_time_pass(time)
    assert is_signed_in(laptop) is lasts


def test_a_page_that_polls_writes_once_a_minute(laptop: Client) -> None:
    def writes() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert is_signed_in(laptop)
        return sum("UPDATE" in query["sql"] for query in queries.captured_queries)

    assert [writes(), writes()] == [0, 0]
    let_time_pass(SEEN_EVERY)
    assert [writes(), writes()] == [1, 0]


def test_the_list_says_where_the_session_was_last_used(alice: User, laptop: Client) -> None:
    let_time_pass(SEEN_EVERY)
    laptop.get(PAGE, REMOTE_ADDR="198.51.100.9")
    assert session_of(laptop).address == "198.51.100.9"


def test_one_person_has_so_many_sessions_and_ended_ones_are_deleted(alice: User) -> None:
    for number in range(MOST_SESSIONS + 5):
        Session.objects.create(key_hash=str(number), contents="", user=alice)
    ended = Session.objects.create(key_hash="ended", contents="")
    Session.objects.filter(pk=ended.pk).update(last_seen_at=F("last_seen_at") - timedelta(days=4))
    make_room(alice)
    assert Session.objects.count() == MOST_SESSIONS - 1
    assert not Session.objects.filter(key_hash="0").exists()


@pytest.mark.parametrize("agent", ["x" * 5000, "", "Firefox/\x001", "Ünïcode"])
def test_no_browser_is_an_error(alice: User, agent: str) -> None:
    assert is_signed_in(sign_in(alice, agent=agent, address="9" * 300))


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        (SAFARI, "Safari on iPhone"),
        (EDGE, "Edge on Windows"),
        (CHROME, "Chrome on Android"),
        ("curl/8.5.0", "curl"),
        ("", "Unknown browser"),
    ],
)
def test_a_browser_in_short(agent: str, name: str) -> None:
    assert browser_name(agent) == name


def test_an_open_page_is_led_to_the_sign_in_as_a_whole(laptop: Client) -> None:
    Session.objects.all().delete()
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/clusters/?state=all"}
    response = laptop.get("/clusters/?part=live", headers=headers)
    assert (
        response["HX-Redirect"]
        == f"{reverse('accounts:sign-in')}?next=%2Fclusters%2F%3Fstate%3Dall"
    )
    assert response.content == b""


def test_a_password_set_by_an_operator_ends_all(alice: User, laptop: Client) -> None:
    alice.refresh_from_db()
    set_password(alice, password=PASSWORD)
    assert not Session.objects.exists()
