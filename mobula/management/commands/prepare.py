"""`manage.py prepare`: migrate and bootstrap in one process, as each start of the stack does."""

from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Bring the database to this version's state; repeated, it changes nothing."""

    help = "Migrate the database, seed it, and print a sign-in link until an admin has a password."

    def handle(self, *_args: object, **_options: object) -> None:
        call_command("migrate", interactive=False, stdout=self.stdout)
        call_command("bootstrap", stdout=self.stdout)
