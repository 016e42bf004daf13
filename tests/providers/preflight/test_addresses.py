"""What Mobula's address tells of whether machines in a cloud can reach it."""

from __future__ import annotations

import socket
from collections.abc import Sequence

import pytest

from providers.preflight import Finding, Outcome
from providers.preflight.addresses import Resolve, check_address, resolve

PUBLIC = "93.184.215.14"


def judged(url: str, *addresses: str, may_be_here: bool = False) -> Finding:
    """Return what is found of an address whose host has these IP addresses."""
    return check_address(url, may_be_here=may_be_here, resolve=lambda _: addresses)


def test_a_public_address_with_https_passes() -> None:
    finding = judged("https://mobula.example.org", PUBLIC)
    assert finding.outcome is Outcome.PASS
    assert "was not called" in finding.sentence


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "127.8.9.10", "::1", "0.0.0.0", "::", "169.254.1.1", "fe80::1%eth0"]
)
def test_an_address_of_the_machine_itself_is_a_certain_failure(address: str) -> None:
    finding = judged("https://mobula.example.org", address)
    assert (finding.outcome, finding.is_certain) == (Outcome.FAIL, True)
    assert "mobula.example.org is the machine that asks" in finding.sentence
    assert finding.way_out.startswith("Set MOBULA_URL to an https:// address")


def test_one_bad_address_of_several_is_enough() -> None:
    assert judged("https://m.example.org", PUBLIC, "127.0.0.1").outcome is Outcome.FAIL
    assert judged("https://m.example.org", PUBLIC, "10.0.0.1").outcome is Outcome.WARN


@pytest.mark.parametrize("address", ["10.1.2.3", "192.168.0.7", "172.16.0.1", "fd00::1",
                                     "100.64.0.1"])  # fmt: skip
def test_a_private_address_is_a_warning(address: str) -> None:
    finding = judged("https://mobula.example.org", address)
    assert (finding.outcome, finding.is_certain) == (Outcome.WARN, False)
    assert address in finding.sentence
    assert "VPN or peering" in finding.way_out


def test_tokens_that_would_go_unencrypted_are_a_warning() -> None:
    finding = judged("http://mobula.example.org", PUBLIC)
    assert finding.outcome is Outcome.WARN
    assert "unencrypted" in finding.sentence


@pytest.mark.parametrize(
    "url", ["", "mobula.example.org", "ftp://mobula.example.org", "https://", "https://[::1"]
)
def test_what_is_no_url_is_a_certain_failure_that_quotes_it(url: str) -> None:
    finding = judged(url, PUBLIC)
    assert (finding.outcome, finding.is_certain) == (Outcome.FAIL, True)
    assert f"'{url}'" in finding.sentence


@pytest.mark.parametrize(
    "error",
    [socket.gaierror(-2, "Name or service not known"), TimeoutError("timed out"),
     UnicodeError("label too long")],
)  # fmt: skip
def test_a_name_that_is_not_resolved_here_proves_nothing(error: Exception) -> None:
    def failing(_: str) -> Sequence[str]:
        raise error

    resolving: Resolve = failing
    finding = check_address("https://mobula.internal", resolve=resolving)
    assert (finding.outcome, finding.is_certain) == (Outcome.SKIPPED, False)
    assert "cannot resolve mobula.internal" in finding.sentence


def test_machines_of_an_emulator_may_be_this_host() -> None:
    assert judged("http://127.0.0.1:8000", "127.0.0.1", may_be_here=True).outcome is Outcome.PASS


def test_no_password_of_the_address_is_kept() -> None:
    finding = judged("https://user:hunter2@mobula.example.org", "10.0.0.1")
    assert "hunter2" not in f"{finding.sentence} {finding.way_out} {finding.raw}"


def test_this_machines_own_name_is_resolved() -> None:
    assert "127.0.0.1" in resolve("127.0.0.1")
    assert check_address("https://localhost").outcome is Outcome.FAIL


def test_a_name_that_cannot_be_one_is_not_resolved() -> None:
    finding = check_address(f"https://{'a' * 70}.example")
    assert finding.outcome is Outcome.SKIPPED
