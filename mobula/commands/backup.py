"""`mobula backup`: write a backup of this installation."""

import argparse
import sys
from pathlib import Path


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "backup",
        help="write a backup",
        description="Write the database and the secret keys to one file, also while Mobula runs. "
        "Anyone who has the file can act as every user: keep it safe.",
    )
    parser.add_argument("--to", type=Path, metavar="FILE", help="default: mobula-backup-TIME.tar")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the backup; 2 when it cannot be written."""
    # Imported here: the offline commands need no database driver.
    from mobula.backups.backup import backup
    from mobula.stack.errors import StackError
    from mobula.stack.home import Home

    home = Home.from_environment()
    try:
        with home.explained():
            target = backup(home, to=arguments.to)
    except StackError as error:
        print(f"mobula: {error}", file=sys.stderr)
        return 2
    print(f"Backup: {target} ({target.stat().st_size / 2**20:.1f} MiB, checked)")
    return 0
