"""`manage.py bootstrap`: what a new installation starts with, and a way in."""

import json
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.core.management.base import BaseCommand

from accounts.services import create_first_admin, first_admin


class Command(BaseCommand):
    """Call each app's `bootstrap()`, then print how the first admin signs in, as one JSON line."""

    help = "Seed a new installation and print a sign-in link until an admin has a password."

    def handle(self, *_args: object, **_options: object) -> None:
        # In the order of INSTALLED_APPS: accounts first, what builds on it later.
        for app in apps.get_app_configs():
            name = f"{app.name}.bootstrap"
            if find_spec(name):
                import_module(name).bootstrap()
        way_in = {"sign_in_path": create_first_admin(), "email": first_admin().email}
        self.stdout.write(json.dumps(way_in))
