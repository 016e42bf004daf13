"""`mobula price FILE`: what a configuration costs, without a server."""

import argparse
import json
import sys

from mobula.commands.targets import THIS_MACHINE, add_target, target_of_options
from mobula.commands.validate import INVALID, UNREADABLE, VALID, as_line, read_configuration


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "price",
        help="show what a configuration costs",
        description="Uses the built-in list prices; the default rate card for local machines. "
        "Exit code 0: priced, 1: invalid or a machine has no price, 2: not readable.",
    )
    parser.add_argument("file", help="the YAML file, or - for standard input")
    parser.add_argument("--json", action="store_true", help="print dollars as a JSON object")
    add_target(parser)
    parser.set_defaults(run=run, provider=THIS_MACHINE)


def run(arguments: argparse.Namespace) -> int:
    """Print the least, the expected and the most, for an hour and a month."""
    from domain.estimate import HOURS_A_MONTH, estimate, unpriced
    from domain.wording import price
    from domain.yaml.text import parse

    try:
        text, target = read_configuration(arguments.file), target_of_options(arguments)
    except (OSError, ValueError) as error:
        print(f"mobula: {error}", file=sys.stderr)
        return UNREADABLE
    parsed = parse(text)
    if parsed.config is None:
        for problem in parsed.problems:
            print(as_line(arguments.file, problem), file=sys.stderr)
        return INVALID
    costs = estimate(parsed.config, target=target)
    amounts = {"minimum": costs.least, "at launch": costs.at_launch, "maximum": costs.most}
    if costs.spare is not None:
        amounts["of which spare"] = costs.spare
    if arguments.json:
        print(
            json.dumps({name: None if usd is None else str(usd) for name, usd in amounts.items()})
        )
    else:
        for name, usd in amounts.items():
            words = (
                "unknown" if usd is None else f"{price(usd)}/h, {price(usd * HOURS_A_MONTH)}/month"
            )
            print(f"{name:<11} {words}")
    if len(parsed.config.configs or ()) > 1:
        print("mobula: only the first cloud resource is priced.", file=sys.stderr)
    for name in unpriced(parsed.config, target):
        print(f"mobula: no price is known for {name}.", file=sys.stderr)
    return VALID if costs.most is not None else INVALID
