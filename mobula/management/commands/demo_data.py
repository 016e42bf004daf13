"""`manage.py demo_data`: a sample team to look around in; `--remove` takes it away again.

It runs as the owner of the tables, since versions can be deleted by no one else.
"""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand
from django.utils.timezone import now

from mobula import grants
from mobula.demo import service
from mobula.demo.calendar import DAYS


class Command(BaseCommand):
    """Write the sample team anew, or remove it."""

    help = "Add a sample team with 40 clusters and 75 days of utilization and cost, or remove it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=DAYS, help="how far back it goes")
        parser.add_argument("--remove", action="store_true", help="remove the sample team")

    def handle(self, *_args: object, remove: bool, days: int, **_options: object) -> None:
        grants.refuse_other_than_owner()
        if not remove:
            service.create(now=now(), days=days, say=self.stdout.write)
            self.stdout.write("Sign in and switch to the team Sample team.")
        elif not service.remove(say=self.stdout.write):
            self.stdout.write("There is no sample team.")
