"""Everything that is wrong with the settings of an account, not only the first of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from domain.accounts.declared import AccountFacts
from domain.offerings import ProviderKind
from providers.aws.account import read_account
from providers.base import Account, WrongSetting


def check_settings(facts: AccountFacts) -> Iterator[tuple[str, str]]:
    """Yield what `read_account` refuses, each as the path of the setting and its sentence."""
    settings: dict[str, Any] = dict(facts.settings)
    while (wrong := _first_wrong(facts.region, settings)) is not None:
        yield wrong.path, str(wrong)
        rest = _without(settings, wrong.path)
        if rest == settings:
            return
        settings = rest


def _first_wrong(region: str, settings: Mapping[str, Any]) -> WrongSetting | None:
    try:
        read_account(
            Account(
                kind=ProviderKind.AWS, id="", home=Path(), region=region, settings=settings
            )
        )  # fmt: skip
    except WrongSetting as error:
        return error
    return None


def _without(values: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Return the settings without what is wrong; a list goes as a whole, keys may have dots."""
    found = dict(values)
    for key, value in values.items():
        if path == key or (path.startswith(f"{key}.") and not isinstance(value, Mapping)):
            del found[key]
            return found
        if path.startswith(f"{key}."):
            inner = _without(value, path.removeprefix(f"{key}."))
            found[key] = inner
            if not inner:
                del found[key]
            return found
    return found
