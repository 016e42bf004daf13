"""`mobula plan FILE --demand FILE`: what the planner would launch, without a server."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from mobula.commands.targets import add_target, local_target, target_of_options
from mobula.commands.validate import (
    INVALID,
    UNREADABLE,
    VALID,
    as_line,
    read_configuration,
    read_text,
)

if TYPE_CHECKING:
    from domain.catalogue.region import RegionCatalogue
    from domain.configuration.spec import ComputeConfig
    from domain.demand import Demand
    from domain.planner import Drain, Launch, Plan, Unserved


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "plan",
        help="show which nodes a demand would launch",
        description="Plan for a cluster that has only its head node, on local machine sizes "
        "unless --provider is given. Exit code 0: all demand is scheduled, 1: some is unscheduled "
        "or the configuration is not valid, 2: not readable.",
    )
    parser.add_argument("file", help="the compute configuration, or - for standard input")
    parser.add_argument(
        "--demand",
        required=True,
        metavar="FILE",
        help='lines such as 4 x CPU:2, memory:8GiB; or JSON: {"shapes": [...], "gangs": [...]}',
    )
    add_target(parser)
    parser.add_argument("--json", action="store_true", help="print the plan as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the plan with the reason of each decision."""
    # Imported here: the other commands need neither pydantic nor a YAML parser.
    from domain.planner import plan
    from domain.planner.request.from_spec import request_from_spec

    try:
        target = local_target() if arguments.provider is None else target_of_options(arguments)
        text = read_configuration(arguments.file)
        demand = _demand(arguments.demand)
    except (OSError, ValueError) as error:
        print(f"mobula: {error}", file=sys.stderr)
        return UNREADABLE
    config = _checked(arguments.file, text, target)
    if config is None:
        return INVALID
    try:
        request = request_from_spec(config, demand=demand, target=target)
    except ValueError as error:
        print(f"mobula: {error}", file=sys.stderr)
        return INVALID
    answer = plan(request)
    print(_as_json(answer, demand) if arguments.json else _words(answer, demand))
    return INVALID if answer.unserved else VALID


def _demand(file: str) -> Demand:
    from domain.demand.text import demand_from_text

    try:
        return demand_from_text(read_text(file))
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error


def _checked(file: str, text: str, target: RegionCatalogue) -> ComputeConfig | None:
    """Return the configuration; print its errors and return None when it has any."""
    from domain.problems import Severity
    from domain.validation import check_text
    from domain.yaml.text import parse

    errors = [
        problem for problem in check_text(text, target=target) if problem.severity is Severity.ERROR
    ]
    for problem in errors:
        print(as_line(file, problem), file=sys.stderr)
    return None if errors else parse(text).config


def _as_json(answer: Plan, demand: Demand) -> str:
    fields = asdict(answer) | {
        "launches": [_fields(launch) for launch in answer.launches],
        "drains": [_fields(drain) for drain in answer.drains],
        "unserved": [_fields(left) for left in answer.unserved],
        "inside_groups": [asdict(shape) for shape in demand.inside_groups],
    }
    # The only value that JSON has no word for is the price, a Decimal: text keeps it exact.
    return json.dumps(fields, indent=2, ensure_ascii=False, default=str)


def _fields(item: Launch | Drain | Unserved) -> dict[str, Any]:
    """Return an item of a plan with its cause and the sentence that it makes."""
    return {**asdict(item), "reason": item.reason}


def _words(answer: Plan, demand: Demand) -> str:
    from domain.demand import describe
    from domain.planner.verdicts import outcome, waits_inside

    inside = [f"Waiting {count} × {what}." for count, what in waits_inside(demand)]
    if answer.is_empty and not answer.unserved:
        nothing = "Nothing to launch: the head has room for all of it."
        return "\n".join([*inside, "Nothing to launch." if _is_all_inside(demand) else nothing])
    lines = [f"Launch {launch.reason}" for launch in answer.launches]
    lines += [
        f"Unscheduled {left.count} × {describe(left.resources)}: {left.reason}."
        for left in answer.unserved
    ]
    return "\n".join([*lines, *inside, outcome(answer)])


def _is_all_inside(demand: Demand) -> bool:
    return not (demand.shapes or demand.gangs or demand.standing_requests)
