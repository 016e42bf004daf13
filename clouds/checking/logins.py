"""As whom, and how, checks ask container registries: the app that has the registries says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.conf import settings

from accounts.models import Team

type Source = Callable[[Team | None], Mapping[str, str]]

_logins: list[Source] = []
_certificates: list[Source] = []


def add_source(logins: Source, *, certificates: Source) -> None:
    """Have these asked for a team's registries, the same ones only once.

    `logins` gives "USER:PASSWORD" by host, `certificates` the PEM text of their own CAs.
    """
    if logins not in _logins:
        _logins.append(logins)
    if certificates not in _certificates:
        _certificates.append(certificates)


def logins_of(team: Team | None) -> dict[str, str]:
    """Return the logins of a team by host: those of its registries go before the setting's."""
    found = dict(settings.REGISTRY_CREDENTIALS)
    for source in _logins:
        found |= source(team)
    return found


def certificates_of(team: Team | None) -> dict[str, str]:
    """Return the CA certificates of a team's registries, PEM by host."""
    found: dict[str, str] = {}
    for source in _certificates:
        found |= source(team)
    return found
