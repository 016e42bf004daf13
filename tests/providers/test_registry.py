"""A driver for each account: kept while its settings stay, opened anew when they change."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from domain.offerings import ProviderKind
from providers import registry
from providers.base import Account, DriverFacts, InvalidRequest

# What an account of this kind needs, where not anything will do.
SETTINGS: dict[ProviderKind, dict[str, Any]] = {
    ProviderKind.AWS: {"region": "us-east-1", "settings": {"key_name": "one"}}
}
DRIVEN = [kind for kind in ProviderKind if registry.has_driver(kind)]


@pytest.fixture(params=DRIVEN)
def account(request: pytest.FixtureRequest, tmp_path: Path) -> Account:
    of_kind = SETTINGS.get(request.param, {"settings": {"role": "one"}})
    return Account(kind=request.param, id="1", home=tmp_path, **of_kind)


def test_an_account_keeps_its_driver_while_its_settings_stay(account: Account) -> None:
    driver = registry.open_driver(account)
    assert driver.kind is account.kind
    assert registry.open_driver(replace(account)) is driver


def test_two_accounts_of_one_kind_have_two_drivers(account: Account) -> None:
    assert registry.open_driver(replace(account, id="2")) is not registry.open_driver(account)


def test_a_new_version_of_the_settings_opens_a_new_driver(account: Account) -> None:
    changed = replace(account, version=2, settings={**account.settings, "tags": {}})
    assert registry.open_driver(changed) is not registry.open_driver(account)


def test_a_process_keeps_so_many_drivers_and_no_more(tmp_path: Path) -> None:
    many = [
        Account(kind=ProviderKind.FAKE, id=str(number), home=tmp_path)
        for number in range(registry.MAX_DRIVERS + 1)
    ]
    first = registry.open_driver(many[0])
    for account in many[1:]:
        registry.open_driver(account)
    assert registry.open_driver(many[0]) is not first


def test_every_driver_says_how_long_things_take(account: Account) -> None:
    facts = registry.open_driver(account).facts
    assert isinstance(facts, DriverFacts)
    assert facts.look_every_busy <= facts.look_every_calm


def test_accounts_of_one_machine_are_in_one_place(tmp_path: Path) -> None:
    accounts = [Account(kind=ProviderKind.LOCAL, id=name, home=tmp_path) for name in "ab"]
    assert len({registry.open_driver(account).place for account in accounts}) == 1
    elsewhere = replace(accounts[0], home=tmp_path / "b")
    assert registry.open_driver(elsewhere).place != registry.open_driver(accounts[0]).place


def test_credentials_are_never_printed(account: Account) -> None:
    assert "hunter2" not in repr(replace(account, credentials={"secret": "hunter2"}))


@pytest.mark.parametrize("kind", sorted(set(ProviderKind) - set(DRIVEN)))
def test_an_account_without_a_driver_is_refused_with_its_name(
    kind: ProviderKind, tmp_path: Path
) -> None:
    with pytest.raises(InvalidRequest, match=kind.label):
        registry.open_driver(Account(kind=kind, id="1", home=tmp_path))
