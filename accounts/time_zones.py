"""The names of the time zones that this machine knows."""

from functools import cache
from zoneinfo import available_timezones

UTC_NAME = "UTC"


@cache
def names() -> frozenset[str]:
    """Return the names of all known zones, such as "Europe/Berlin"."""
    return frozenset(available_timezones() | {UTC_NAME})


@cache
def offered() -> tuple[str, ...]:
    """Return the zones that a person chooses from: places, and UTC first."""
    places = (name for name in names() if "/" in name and not name.startswith(("Etc/", "posix/")))
    return (UTC_NAME, *sorted(places))


def is_known(name: str) -> bool:
    """Return whether there is a zone of this name."""
    return name in names()
