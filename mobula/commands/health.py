"""`mobula health`: whether the web process of this machine answers, for containers."""

import argparse
import os
import sys


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser("health", help="check whether the web process is healthy")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Ask on MOBULA_PORT; 0 when it is well, 1 when not."""
    # Imported here: the offline commands need none of it.
    from mobula.stack.errors import StackError
    from mobula.stack.health import answers
    from mobula.stack.ports import port_from_environment

    del arguments
    try:
        port = port_from_environment()
    except StackError as error:
        print(f"mobula: {error}", file=sys.stderr)
        return 2
    url = os.environ.get("MOBULA_URL") or f"http://127.0.0.1:{port}"
    if answers(port, url=url):
        return 0
    print(f"mobula: no healthy web process on port {port}.", file=sys.stderr)
    return 1
