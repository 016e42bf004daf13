"""As whom checks ask container registries: the app that has the registries says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.conf import settings

from accounts.models import Team

type Source = Callable[[Team | None], Mapping[str, str]]

_sources: list[Source] = []


def add_source(source: Source) -> None:
    """Have `source` asked for a team's logins, "USER:PASSWORD" by host; the same one only once."""
    if source not in _sources:
        _sources.append(source)


def logins_of(team: Team | None) -> dict[str, str]:
    """Return the logins of a team by host: those of its registries go before the setting's."""
    found = dict(settings.REGISTRY_CREDENTIALS)
    for source in _sources:
        found |= source(team)
    return found
