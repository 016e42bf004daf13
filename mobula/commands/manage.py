"""`mobula manage …`: Django's management commands against the embedded stack's servers."""

import argparse
import os
import sys

from mobula.commands import rotate_key

# These change tables, which only their owner may.
OF_THE_OWNER = {"migrate", "prepare", "demo_data"}


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser("manage", help="run a Django management command", add_help=False)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the command; where no DATABASE_URL is set, on the servers that `mobula up` runs."""
    from mobula.stack.errors import StackError

    if arguments.command[:1] == ["rotate_key"]:
        return rotate_key.run(arguments.command[1:])
    if "DATABASE_URL" not in os.environ:
        try:
            _point_at_the_stack(as_owner=not OF_THE_OWNER.isdisjoint(arguments.command[:1]))
        except StackError as error:
            print(f"mobula: {error}", file=sys.stderr)
            return 2
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mobula.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(["mobula manage", *arguments.command])
    return 0


def _point_at_the_stack(*, as_owner: bool) -> None:
    # Imported here: the offline commands need no database driver.
    from mobula.stack import programs
    from mobula.stack.home import Home
    from mobula.stack.ports import port_from_environment
    from mobula.stack.postgres import PostgresServer
    from mobula.stack.valkey import ValkeyServer

    home = Home.from_environment()
    home.open()
    postgres, valkey = PostgresServer(home.postgres), ValkeyServer(home.valkey)
    port = port_from_environment()
    environment = programs.environment(home, port=port, postgres=postgres, valkey=valkey)
    if as_owner:
        environment = programs.as_owner(environment, postgres=postgres)
    os.environ |= environment
