"""The roles of a team's members."""

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
