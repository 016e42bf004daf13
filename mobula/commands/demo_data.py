"""`mobula demo-data`: a sample team with 40 clusters and 75 days of use."""

import argparse

from mobula.commands import manage


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "demo-data",
        help="add a sample team to look around in, or remove it",
        description="Add a team with 40 sample clusters and 75 days of utilization and cost. "
        "Nothing of it runs or costs money, and no one can change it. Repeat the command to bring "
        "it up to date. Mobula may be running.",
    )
    parser.add_argument("--remove", action="store_true", help="remove the sample team")
    parser.add_argument("--days", type=int, metavar="N", help="how far back it goes (75)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the management command against the embedded stack's servers, or DATABASE_URL."""
    options = ["--remove"] if arguments.remove else []
    if arguments.days is not None:
        options += ["--days", str(arguments.days)]
    return manage.run(argparse.Namespace(command=["demo_data", *options]))
