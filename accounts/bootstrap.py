"""What a new installation starts with."""

from accounts.models import Team
from accounts.services import create_team, first_admin


def bootstrap() -> None:
    """Make the first admin and the first team; changes nothing where they are."""
    admin = first_admin()
    if not Team.objects.exists():
        create_team("Default", by=admin)
