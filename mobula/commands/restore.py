"""`mobula restore`: restore a backup."""

import argparse
import sys
from pathlib import Path


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "restore",
        help="restore a backup",
        description="Restore a backup into an empty MOBULA_HOME, or into the empty database that "
        "DATABASE_URL names. Mobula must not be running.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="what `mobula backup` wrote")
    parser.add_argument(
        "--replace",
        action="store_true",
        help="move what is in MOBULA_HOME to a directory below it; nothing is deleted",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Restore the backup; 2 when it cannot be restored, and then nothing has changed."""
    # Imported here: the offline commands need no database driver.
    from mobula.backups.restore import restore
    from mobula.commands.up import say
    from mobula.stack.errors import StackError
    from mobula.stack.home import Home
    from mobula.stack.ports import port_from_environment

    try:
        home, port = Home.from_environment(), port_from_environment()
        restore(home, arguments.file, replace=arguments.replace, port=port, say=say)
    except StackError as error:
        print(f"mobula: {error}", file=sys.stderr)
        return 2
    return 0
