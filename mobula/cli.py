"""The console command `mobula`."""

import argparse
import sys
from collections.abc import Sequence

from mobula import __version__
from mobula.commands import convert, diff, health, manage, plan, price, up, validate

COMMANDS = (up, validate, plan, price, diff, convert, health, manage)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the subcommand that the arguments name and return its exit code."""
    parsed = parser().parse_args(arguments)
    return int(parsed.run(parsed))


def parser() -> argparse.ArgumentParser:
    """Return the parser with all subcommands."""
    top = argparse.ArgumentParser(prog="mobula", description="A web console for Ray clusters.")
    top.add_argument("--version", action="version", version=f"mobula {__version__}")
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.register(commands)
    return top


if __name__ == "__main__":
    sys.exit(main())
