"""What a member may be in a team."""

from django.db.models import TextChoices


class Role(TextChoices):
    """The role of a membership, from the least to the most powerful."""

    VIEWER = "viewer", "Viewer"
    ENGINEER = "engineer", "Engineer"
    ADMIN = "admin", "Admin"


class Theme(TextChoices):
    """How a user wants the pages coloured."""

    LIGHT = "light", "Light"
    DARK = "dark", "Dark"
    AUTO = "auto", "As this device"
