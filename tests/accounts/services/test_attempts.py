"""How many wrong passwords are checked, and that nobody locks somebody else out."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from accounts.models import SignInAttempt, User
from accounts.services import KnownBrowser, TooManyAttempts, check_password, set_password
from accounts.services.attempts import (
    ATTEMPTS,
    ATTEMPTS_FROM_ADDRESS,
    ATTEMPTS_OF_EMAIL,
    SLOWED_TO,
    counted_address,
)
from tests.accounts.conftest import PASSWORD

HOME, ELSEWHERE = "192.0.2.7", "198.51.100.9"


@pytest.fixture(autouse=True)
def with_password(alice: User) -> None:
    set_password(alice, password=PASSWORD)


def guess(email: str = "alice@example.org", *, address: str = HOME, known: str = "") -> bool:
    """Whether a wrong password was checked, and not refused before."""
    try:
        assert check_password(email, "not it", address=address, browser=browser(known)) is None
    except TooManyAttempts:
        return False
    return True


def signs_in(*, address: str = HOME, known: str = "") -> bool:
    try:
        user = check_password(
            "alice@example.org", PASSWORD, address=address, browser=browser(known)
        )
    except TooManyAttempts:
        return False
    assert user is not None
    return True


def browser(name: str) -> KnownBrowser | None:
    alice = User.objects.get(email="alice@example.org")
    return KnownBrowser(user_id=alice.pk, name=name) if name else None


def pass_time(time: timedelta) -> None:
    SignInAttempt.objects.update(at=F("at") - time)


def addresses(count: int) -> list[str]:
    return [f"203.0.113.{number}" for number in range(count)]


def test_many_emails_from_one_address_are_refused() -> None:
    checked = [guess(f"user{number}@example.org") for number in range(ATTEMPTS_FROM_ADDRESS + 10)]
    assert checked.count(True) == ATTEMPTS_FROM_ADDRESS
    assert SignInAttempt.objects.count() == ATTEMPTS_FROM_ADDRESS
    assert guess("user0@example.org", address=ELSEWHERE)


def test_an_address_is_let_in_again_when_its_attempts_are_old() -> None:
    for number in range(ATTEMPTS_FROM_ADDRESS):
        guess(f"user{number}@example.org")
    assert not signs_in()
    pass_time(timedelta(minutes=15))
    assert signs_in()
    assert not SignInAttempt.objects.exists(), "Old rows are deleted."


def test_many_addresses_that_try_one_email_are_slowed_down_but_it_is_not_locked() -> None:
    checked = [guess(address=address) for address in addresses(ATTEMPTS_OF_EMAIL + 10)]
    assert checked.count(True) == ATTEMPTS_OF_EMAIL
    with pytest.raises(TooManyAttempts) as refusal:
        check_password("alice@example.org", PASSWORD, address=HOME)
    assert refusal.value.retry_seconds <= SLOWED_TO.total_seconds()
    assert "Wait 30 s" in str(refusal.value)
    pass_time(SLOWED_TO)
    assert guess(address=HOME)
    assert not guess(address=ELSEWHERE)
    pass_time(SLOWED_TO)
    assert signs_in()


def test_strangers_do_not_keep_somebody_out_of_a_browser_they_have_used() -> None:
    for address in [HOME] * ATTEMPTS + addresses(ATTEMPTS_OF_EMAIL):
        guess(address=address)
    for number in range(ATTEMPTS_FROM_ADDRESS):
        guess(f"user{number}@example.org")
    assert not signs_in()
    assert signs_in(known="laptop")


def test_guesses_in_a_known_browser_are_limited_too() -> None:
    checked = [guess(address=address, known="laptop") for address in addresses(ATTEMPTS + 1)]
    assert checked == [True] * ATTEMPTS + [False]
    assert not signs_in(known="laptop")
    assert signs_in(known="phone")


def test_a_browser_of_somebody_else_is_nobodys() -> None:
    stranger = KnownBrowser(user_id=0, name="theirs")
    for _ in range(ATTEMPTS):
        check_password("alice@example.org", "not it", address=HOME, browser=stranger)
    with pytest.raises(TooManyAttempts):
        check_password("alice@example.org", PASSWORD, address=HOME, browser=stranger)


def test_the_right_password_of_one_email_does_not_let_a_spray_go_on() -> None:
    for number in range(ATTEMPTS_FROM_ADDRESS - 1):
        guess(f"user{number}@example.org")
    assert signs_in()
    assert guess("a@example.org")
    assert not guess("b@example.org")


def test_what_is_refused_is_not_written() -> None:
    for _ in range(50):
        guess()
    assert SignInAttempt.objects.count() == ATTEMPTS
    assert SignInAttempt.objects.filter(at__gt=timezone.now()).count() == 0


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        (" 192.0.2.7 ", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("testclient", "unknown"),
        ("9" * 300, "unknown"),
        ("1.2.3.4, 5.6.7.8", "unknown"),
        ("\x00", "unknown"),
        ("١٢٧.0.0.1", "unknown"),
    ],
)
def test_an_address_is_counted_as_what_one_host_has(text: str, counted: str) -> None:
    assert counted_address(text) == counted


@pytest.mark.parametrize("address", ["9" * 300, "", "2001:db8::" + "1" * 300])
def test_no_address_is_an_error(address: str) -> None:
    assert guess(address=address)


def test_hosts_of_one_ipv6_network_count_together() -> None:
    checked = [guess(address=f"2001:db8::{number:x}") for number in range(1, ATTEMPTS + 2)]
    assert checked == [True] * ATTEMPTS + [False]


@pytest.mark.parametrize("email", ["x" * 250 + "@example.org", "nobody", "@"])
def test_what_is_no_email_reads_like_a_wrong_password(email: str) -> None:
    assert guess(email[:254])
