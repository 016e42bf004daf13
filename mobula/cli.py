"""The console command `mobula`."""

import argparse
import os
import sys
from collections.abc import Sequence

from mobula import __version__
from mobula.commands import (
    audit,
    backup,
    convert,
    demo_data,
    diff,
    health,
    manage,
    plan,
    price,
    restore,
    simulate,
    up,
    validate,
)
from mobula.demo_cloud import command as demo_cloud

READER_LEFT = 141
"""The exit code of a program whose reader left before it had printed all: 128 + SIGPIPE."""

COMMANDS = (
    up,
    validate,
    plan,
    simulate,
    price,
    diff,
    convert,
    health,
    manage,
    backup,
    restore,
    audit,
    demo_data,
    demo_cloud,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the subcommand that the arguments name and return its exit code."""
    parsed = parser().parse_args(arguments)
    try:
        code = int(parsed.run(parsed))
        sys.stdout.flush()
    except BrokenPipeError:
        # A reader that has seen enough (`mobula validate … | head`) is no error worth a traceback;
        # what is still to be written when Python ends goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_LEFT
    return code


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
