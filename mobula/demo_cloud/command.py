"""`mobula demo-cloud aws`: an AWS account to try, with machines that are Ray nodes of this host."""

import argparse
import json
import logging
import sys

from mobula.commands.up import say


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "demo-cloud",
        help="run an AWS account to try, without one of your own",
        description="Run a demo AWS on this machine: its API, with too few machines of some types, "
        "and as its instances Ray nodes of this machine. Nothing is charged. `mobula up` runs it "
        "as well, once a cloud was added by Clouds > Add a demo AWS.",
    )
    parser.add_argument("provider", choices=["aws"], help="whose account it is")
    one = parser.add_mutually_exclusive_group()
    one.add_argument("--status", action="store_true", help="print the instances of the running one")
    one.add_argument(
        "--interrupt",
        type=float,
        metavar="PERCENT",
        help="have this share of the spot instances taken back",
    )
    one.add_argument(
        "--capacity",
        nargs=4,
        metavar=("TYPE", "ZONE", "MARKET", "COUNT"),
        help="set how many instances are left: g4dn.xlarge us-east-1a spot 0",
    )
    parser.add_argument(
        "--notice", type=float, metavar="SECONDS", help="with --interrupt: how long before (120)"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the demo, or ask the one that runs; 0 when it is done, 2 when it cannot be."""
    # Imported here: the offline commands need none of it.
    from clouds.demo_home import AlreadyRunning, DemoHome, NotRunning
    from mobula.demo_cloud.server import run as serve
    from mobula.stack.home import Home
    from providers.base import ProviderError

    home = DemoHome(Home.from_environment().path)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        if (action := _action(arguments)) is None:
            serve(home, say=say)
        else:
            name, values = action
            say(json.dumps(dict(home.ask(name, **values)), indent=2))
    except (AlreadyRunning, NotRunning, ProviderError, OSError) as error:
        print(f"mobula: {error}", file=sys.stderr)
        return 2
    return 0


def _action(arguments: argparse.Namespace) -> tuple[str, dict[str, object]] | None:
    """Return what to ask of the running demo; None: run it here."""
    if arguments.status:
        return "", {}
    if arguments.interrupt is not None:
        notice = {} if arguments.notice is None else {"notice": arguments.notice}
        return "interrupt", {"percent": arguments.interrupt, **notice}
    if arguments.capacity:
        kind, zone, market, count = arguments.capacity
        return "capacity", {"type": kind, "zone": zone, "market": market, "count": count}
    return None
