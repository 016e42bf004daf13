"""`mobula up`: run the console and everything it needs on this machine."""

import argparse
import contextlib
import sys


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "up",
        help="run the console on this machine",
        description="Run PostgreSQL, Valkey, web, worker and beat until Ctrl-C. "
        "MOBULA_HOME (default: var) holds the state, MOBULA_PORT (default: 8000) is the port.",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the stack; 0 after a requested stop, 2 when it cannot run."""
    # Imported here: the offline commands need no database driver.
    from mobula.stack.errors import StackError
    from mobula.stack.home import Home
    from mobula.stack.ports import port_from_environment
    from mobula.stack.up import up

    del arguments
    try:
        up(Home.from_environment(), port=port_from_environment(), say=say)
    except StackError as error:
        print(f"mobula: {error}", file=sys.stderr)
        return 2
    return 0


def say(line: str) -> None:
    """Print a line and flush it; a terminal that is gone must not keep the stack from stopping."""
    with contextlib.suppress(OSError):
        print(line, flush=True)
