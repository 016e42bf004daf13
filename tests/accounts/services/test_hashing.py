"""Slow hashes: two at once, no database connection meanwhile, a place for people who are known."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection
from pytest_django import Settings

from accounts.models import SignInAttempt, User
from accounts.services import Busy, check_password, hashing, set_password
from accounts.services.hashing import MOST_WAITING, MOST_WAITING_OF_ONE, HashSlots
from accounts.services.passwords import change_password
from tests.accounts.conftest import PASSWORD


class SlowHasher(PBKDF2PasswordHasher):
    """Hashes that note how many run at once, and whether they hold a connection."""

    iterations = 1
    running = most_at_once = 0
    held: list[bool] = []
    lock = threading.Lock()

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        cls = type(self)
        with cls.lock:
            cls.held.append(connection.connection is not None)
            cls.running += 1
            cls.most_at_once = max(cls.most_at_once, cls.running)
        time.sleep(0.05)
        with cls.lock:
            cls.running -= 1
        return super().encode(password, salt, iterations)


@pytest.fixture
def hasher(settings: Settings) -> type[SlowHasher]:
    settings.PASSWORD_HASHERS = [f"{SlowHasher.__module__}.SlowHasher"]
    SlowHasher.most_at_once, SlowHasher.held = 0, []
    return SlowHasher


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "WAIT_SECONDS", 0.05)


def try_from(address: str) -> bool:
    """Whether the password was checked, and not refused because too many wait."""
    try:
        check_password(f"{address}@example.org", "not it", address=address)
    except Busy:
        return False
    finally:
        connection.close()
    return True


@pytest.mark.django_db(transaction=True)
def test_two_hashes_run_at_once_and_hold_no_connection(
    hasher: type[SlowHasher], alice: User
) -> None:
    set_password(alice, password=PASSWORD)

    def change(_: int) -> None:
        user = User.objects.get(pk=alice.pk)
        with pytest.raises(Exception, match="Incorrect current password"):
            change_password(user, current="x", new=PASSWORD, is_proved=False, address="::1")
        connection.close()

    with ThreadPoolExecutor(8) as people:
        checks = [people.submit(try_from, f"192.0.2.{number}") for number in range(5)]
        changes = [people.submit(change, number) for number in range(3)]
        assert all(check.result() for check in checks)
        assert [each.result() for each in changes] == [None] * 3
    assert len(hasher.held) >= 9
    assert hasher.most_at_once == 2
    assert not any(hasher.held)


@pytest.mark.django_db(transaction=True)
def test_an_unknown_email_takes_one_hash_like_a_known_one(
    hasher: type[SlowHasher], alice: User
) -> None:
    hashes = []
    for email in ("nobody@example.org", alice.email, "alice2@example.org"):
        hasher.held.clear()
        check_password(email, "not it", address="192.0.2.7")
        hashes.append(len(hasher.held))
        set_password(alice, password=PASSWORD)
    assert hashes == [1, 1, 1]


def test_strangers_use_one_slot_and_leave_the_other_to_people_who_are_known(quick: None) -> None:
    slots = HashSlots()
    with slots.take(address="192.0.2.1", is_known=False):
        with pytest.raises(Busy), slots.take(address="192.0.2.2", is_known=False):
            pass
        with slots.take(address="", is_known=True), pytest.raises(Busy):
            slots.take(address="", is_known=True).__enter__()
    with slots.take(address="192.0.2.2", is_known=False):
        pass


def test_a_wait_that_was_in_vain_leaves_no_slot_taken(quick: None) -> None:
    slots = HashSlots()
    with ExitStack() as held:
        held.enter_context(slots.take(address="", is_known=True))
        held.enter_context(slots.take(address="", is_known=True))
        for _ in range(5):
            with pytest.raises(Busy), slots.take(address="192.0.2.1", is_known=False):
                pass
    with slots.take(address="192.0.2.1", is_known=False), slots.take(address="", is_known=True):
        pass


@pytest.mark.parametrize(
    ("addresses", "waiting"),
    [
        (["192.0.2.1"] * 40, MOST_WAITING_OF_ONE),
        ([f"192.0.2.{number}" for number in range(60)], MOST_WAITING),
    ],
)
def test_few_wait_and_the_rest_is_refused_immediately(addresses: list[str], waiting: int) -> None:
    slots, go_on, together = HashSlots(), threading.Event(), threading.Barrier(len(addresses))

    def wait(address: str) -> bool:
        together.wait()
        try:
            with slots.take(address=address, is_known=False):
                return True
        except Busy:
            return False

    with ThreadPoolExecutor(len(addresses)) as people:
        with slots.take(address="192.0.2.250", is_known=False):
            waits = [people.submit(wait, address) for address in addresses]
            while sum(each.done() for each in waits) < len(addresses) - waiting:
                go_on.wait(0.01)
            assert not any(each.result() for each in waits if each.done())
        assert [each.result() for each in waits].count(True) == waiting


@pytest.mark.django_db
def test_who_waits_in_vain_has_not_tried(quick: None, hasher: type[SlowHasher]) -> None:
    with hashing.hash_slots.take(address="192.0.2.1", is_known=False), pytest.raises(Busy):
        check_password("alice@example.org", PASSWORD, address="192.0.2.7")
    assert not SignInAttempt.objects.exists()
    assert hasher.held == []
