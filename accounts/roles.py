"""The roles of a team's members, and what a person chooses for their pages."""

from functools import cache
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.db.models import TextChoices


class Role(TextChoices):
    """The role of a membership, from the least to the most powerful."""

    VIEWER = "viewer", "Viewer"
    ENGINEER = "engineer", "Engineer"
    ADMIN = "admin", "Admin"


class Theme(TextChoices):
    """The color theme of the pages."""

    LIGHT = "light", "Light"
    DARK = "dark", "Dark"
    AUTO = "auto", "System"


UTC_NAME = "UTC"


@cache
def time_zone_names() -> frozenset[str]:
    """Return the names of all known zones, such as "Europe/Berlin"."""
    return frozenset(available_timezones() | {UTC_NAME})


@cache
def offered_time_zones() -> tuple[str, ...]:
    """Return the zones that a person chooses from: places, and UTC first."""
    places = (
        name
        for name in time_zone_names()
        if "/" in name and not name.startswith(("Etc/", "posix/"))
    )
    return (UTC_NAME, *sorted(places))


def is_time_zone(name: str) -> bool:
    """Return whether there is a zone of this name."""
    return name in time_zone_names()


def known_time_zone(name: str) -> None:
    """Refuse the name of a time zone that this machine does not know."""
    if not is_time_zone(name):
        raise ValidationError(f"'{name}' is not a time zone. Use a name such as Europe/Berlin.")
