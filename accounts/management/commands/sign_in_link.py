"""`manage.py sign_in_link EMAIL`: a way back in for someone who lost their password."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from accounts.services import make_sign_in_link


class Command(BaseCommand):
    """Print the path of a one-time sign-in link."""

    help = "Print the path of a one-time sign-in link, valid for 24 hours."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, *_args: object, **options: object) -> None:
        email = str(options["email"]).strip().lower()
        user = User.objects.filter(email=email, is_active=True).first()
        if user is None:
            raise CommandError(f"No active account with the email {email}. See the team page.")
        self.stdout.write(make_sign_in_link(user, by=None))
