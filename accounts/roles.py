"""The roles of a team's members, and what a person chooses for their pages."""

from django.core.exceptions import ValidationError
from django.db.models import TextChoices

from accounts import time_zones


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


def known_time_zone(name: str) -> None:
    """Refuse the name of a time zone that this machine does not know."""
    if not time_zones.is_known(name):
        raise ValidationError(f"'{name}' is not a time zone. Use a name such as Europe/Berlin.")
