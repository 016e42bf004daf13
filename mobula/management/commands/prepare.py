"""`manage.py prepare`: migrate, grant and bootstrap in one process, at each start of the stack.

It runs as the owner of the tables. MOBULA_SERVING_DATABASE_URL names the role that serves requests.
"""

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from mobula import grants


class Command(BaseCommand):
    """Bring the database to this version's state; repeated, it changes nothing."""

    help = "Migrate the database, seed it, and print a sign-in link until an admin has a password."

    def handle(self, *_args: object, **_options: object) -> None:
        grants.refuse_other_than_owner()
        call_command("migrate", interactive=False, stdout=self.stdout)
        self._grant()
        call_command("bootstrap", stdout=self.stdout)

    def _grant(self) -> None:
        if url := settings.SERVING_DATABASE_URL:
            role = grants.ServingRole.from_url(url)
            grants.create_role(role)
            grants.grant_to(role)
        elif name := grants.serves_as_owner():
            self.stderr.write(
                f"Warning: requests are served by the role {name}, which can change and drop the "
                "tables: use a second role, with MOBULA_SERVING_DATABASE_URL (docs/settings.md)."
            )
