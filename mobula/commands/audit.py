"""`mobula audit`: verify that the audit log is as it was written."""

import argparse

from mobula.commands import manage


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "audit",
        help="verify the audit log",
        description="Verify the chain of digests of the audit log, or print its newest digest to "
        "keep elsewhere. Mobula may be running.",
    )
    what = parser.add_subparsers(dest="what", required=True, metavar="COMMAND")
    verify = what.add_parser("verify", help="find the first changed, missing or inserted row")
    verify.add_argument(
        "--expect", metavar="DIGEST", help="a digest that `mobula audit head` printed earlier"
    )
    what.add_parser("head", help="print digest, number and time of the newest sealed row")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the management command; 1 when the audit log is not as it was written."""
    expect = getattr(arguments, "expect", None)
    options = [] if expect is None else ["--expect", expect]
    return manage.run(argparse.Namespace(command=["audit", arguments.what, *options]))
