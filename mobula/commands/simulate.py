"""`mobula simulate FILE`: what a week of work costs, and who waits, with each strategy."""

import argparse
import json
import sys
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

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
    from collections.abc import Iterator, Mapping

    from domain.catalogue.region import RegionCatalogue
    from domain.configuration.spec import ComputeConfig
    from domain.planner import PlanRequest
    from domain.simulation import Arrival, ReplayOutcome
    from domain.simulation.conditions import Weather
    from domain.simulation.foresight import NeedSeries
    from domain.simulation.policy import Policy

VARIANTS = ("configured", "reactive", "scheduled", "forecast", "spare")
WORKLOADS = ("office-hours", "bursts", "nightly", "steady")
# A Monday: the synthetic weeks begin with one.
STARTED = "2026-01-05"


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "simulate",
        help="replay a week of work with each strategy, and with Ray's own autoscaler",
        description="Replay a workload against the planner and against a model of Ray's "
        "autoscaler. Exit code 0: simulated, 1: the configuration is not valid or lacks a "
        "strategy's settings, 2: not readable.",
    )
    parser.add_argument("file", help="the compute configuration, or - for standard input")
    work = parser.add_mutually_exclusive_group(required=True)
    work.add_argument("--workload", metavar="FILE", help="recorded workload: .json or .csv")
    work.add_argument("--synthetic", choices=WORKLOADS, help="a synthetic workload")
    parser.add_argument(
        "--strategy", choices=VARIANTS, action="append", help="strategies to compare (configured)"
    )
    parser.add_argument("--no-ray", action="store_true", help="skip Ray's autoscaler")
    _add_numbers(parser)
    add_target(parser)
    parser.add_argument("--json", action="store_true", help="print the outcomes as JSON")
    parser.set_defaults(run=run)


def _add_numbers(parser: argparse.ArgumentParser) -> None:
    number = parser.add_argument
    number("--days", type=_count, default=7, help="days to simulate (7)")
    number("--seed", type=int, default=1, help="random seed (1)")
    number("--size", type=_positive, default=1.0, help="scale factor of a synthetic workload (1)")
    number("--start", type=_moment, default=_moment(STARTED), help=f"the first day ({STARTED})")
    number("--boot-seconds", type=_positive, default=90.0, help="median startup time (90)")
    number("--interruptions-per-hour", type=_rate, default=0.0, help="per spot machine (0)")
    number("--spot-shortages-per-day", type=_rate, default=0.0, help="per instance type (0)")
    number("--on-demand-shortages-per-day", type=_rate, default=0.0, help="per instance type (0)")
    number("--shortage-minutes", type=_positive, default=30.0, help="mean duration (30)")
    number(
        "--history-days", type=_count, default=21, help="synthetic history for the forecast (21)"
    )
    number("--ray-idle-seconds", type=_count, default=60, help="Ray's idle timeout (60)")
    number("--ray-upscaling-speed", type=_positive, default=1000.0, help="Ray's (1000: no limit)")


def run(arguments: argparse.Namespace) -> int:
    """Print a row for each policy."""
    from domain.simulation.variants import base_of

    try:
        target = local_target() if arguments.provider is None else target_of_options(arguments)
        text = read_configuration(arguments.file)
        arrivals = _arrivals(arguments)
    except (OSError, ValueError) as error:
        print(f"mobula: {error}", file=sys.stderr)
        return UNREADABLE
    config = _checked(arguments.file, text, target)
    if config is None:
        return INVALID
    try:
        base = base_of(config, target)
        outcomes = list(_simulated(arguments, config, base, arrivals))
    except ValueError as error:
        print(f"mobula: {error}", file=sys.stderr)
        return INVALID
    print(_as_json(outcomes) if arguments.json else table(outcomes))
    return VALID


def _arrivals(arguments: argparse.Namespace) -> "tuple[Arrival, ...]":
    from domain.simulation.recorded import read_csv, read_json

    if arguments.synthetic:
        return _made(arguments, days=arguments.days, first=arguments.start.weekday())
    text = read_text(arguments.workload)
    return read_csv(text) if Path(arguments.workload).suffix == ".csv" else read_json(text)


def _made(arguments: argparse.Namespace, *, days: int, first: int) -> "tuple[Arrival, ...]":
    from domain.simulation.synthetic import made

    name, size = arguments.synthetic, arguments.size
    return made(name, seed=arguments.seed, days=days, size=size, first=first)


def _checked(file: str, text: str, target: "RegionCatalogue") -> "ComputeConfig | None":
    """Return the configuration; print its errors and return None when it has any."""
    from domain.problems import Severity
    from domain.validation import check_text
    from domain.yaml.text import parse

    errors = [
        problem for problem in check_text(text, target=target) if problem.severity is Severity.ERROR
    ]
    for problem in errors:
        print(as_line(file, problem), file=sys.stderr)
    config = parse(text).config
    return None if errors or config is None else config.primary


def _simulated(
    arguments: argparse.Namespace,
    config: "ComputeConfig",
    base: "PlanRequest",
    arrivals: "tuple[Arrival, ...]",
) -> "Iterator[ReplayOutcome]":
    from domain.simulation import Scenario, simulate

    weather = _weather(arguments)
    scenario = Scenario(arrivals=arrivals, weather=weather, days=arguments.days)
    for policy in list(_policies(arguments, config, base, weather)):
        yield simulate(scenario, policy)


def _policies(
    arguments: argparse.Namespace, config: "ComputeConfig", base: "PlanRequest", weather: "Weather"
) -> "Iterator[Policy]":
    from domain.simulation.variants import Variant, forecasts, ours_of, rays_of

    for variant in map(Variant, dict.fromkeys(arguments.strategy or ["configured"])):
        past = forecasts(config, variant) and arguments.synthetic
        yield ours_of(
            config,
            base,
            variant=variant,
            started=arguments.start,
            days=arguments.days,
            history=_history(arguments, config, base, weather) if past else None,
        )
    for priorities in () if arguments.no_ray else (False, True):
        yield rays_of(
            base,
            priorities=priorities,
            idle_seconds=arguments.ray_idle_seconds,
            upscaling_speed=arguments.ray_upscaling_speed,
        )


def _history(
    arguments: argparse.Namespace, config: "ComputeConfig", base: "PlanRequest", weather: "Weather"
) -> "Mapping[str, NeedSeries]":
    """Return what the groups needed in the weeks before."""
    from domain.simulation.variants import history_of

    days = arguments.history_days
    before = _made(arguments, days=days, first=arguments.start.weekday() - days)
    return history_of(config, base, before, weather=weather, started=arguments.start, days=days)


def _weather(arguments: argparse.Namespace) -> "Weather":
    from domain.simulation.conditions import Weather

    return Weather(
        seed=arguments.seed,
        boot_seconds=arguments.boot_seconds,
        interruptions_per_hour=arguments.interruptions_per_hour,
        spot_shortages_per_day=arguments.spot_shortages_per_day,
        on_demand_shortages_per_day=arguments.on_demand_shortages_per_day,
        shortage_seconds=round(60 * arguments.shortage_minutes),
    )


def table(outcomes: "list[ReplayOutcome]") -> str:
    """Return the outcomes as a table in Markdown, which is read as well in a terminal."""
    head = (
        "policy", "$", "machine-hours", "CPU use", "GPU use", "wait p50", "p95", "max",
        "disruptions", "finished", "unfinished", "launches", "refused",
    )  # fmt: skip
    rows = [head, *(_row(outcome) for outcome in outcomes)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(head))]
    lines = ["| " + " | ".join(_cells(row, widths)) + " |" for row in rows]
    rule = "|" + "|".join(
        "-" * (width + 1) + (":" if place else "-") for place, width in enumerate(widths)
    )
    return "\n".join([lines[0], rule + "|", *lines[1:]])


def _cells(row: tuple[str, ...], widths: list[int]) -> "Iterator[str]":
    for place, (cell, width) in enumerate(zip(row, widths, strict=True)):
        yield cell.rjust(width) if place else cell.ljust(width)


def _row(one: "ReplayOutcome") -> tuple[str, ...]:
    from domain.wording import duration

    def use(resource: str) -> str:
        part = one.utilization(resource)
        return "–" if part is None else f"{100 * part:.0f}%"

    return (
        one.policy,
        f"{one.usd:,.2f}",
        f"{one.machine_hours:,.1f}",
        use("CPU"),
        use("GPU"),
        duration(one.wait(0.5)),
        duration(one.wait(0.95)),
        duration(one.longest_wait),
        f"{one.disruptions:,}",
        f"{one.finished:,}",
        f"{one.unfinished:,}",
        f"{one.launches:,}",
        f"{one.refused:,}",
    )


def _as_json(outcomes: "list[ReplayOutcome]") -> str:
    return json.dumps([_plain(outcome) for outcome in outcomes], indent=2, ensure_ascii=False)


def _plain(one: "ReplayOutcome") -> dict[str, object]:
    """Return an outcome with money as text, which keeps it exact."""
    rented = sorted(one.node_seconds.items(), key=lambda item: (item[0][0], item[0][1]))
    return {
        "policy": one.policy,
        "usd": str(one.usd),
        "machine_hours": round(one.machine_hours, 4),
        "utilization": {name: round(one.utilization(name) or 0, 4) for name in sorted(one.rented)},
        "wait_seconds": {"p50": one.wait(0.5), "p95": one.wait(0.95), "max": one.longest_wait},
        "disruptions": one.disruptions,
        "arrived": one.arrived,
        "finished": one.finished,
        "unfinished": one.unfinished,
        "launches": one.launches,
        "refused": one.refused,
        "interrupted": one.interrupted,
        "decisions": one.looks,
        "machines": [
            {"instance_type": kind, "market": market, "hourly_usd": str(price), "seconds": seconds}
            for (kind, market, price), seconds in rented
        ],
    }


def _moment(text: str) -> datetime:
    return datetime.combine(date.fromisoformat(text), time(), tzinfo=UTC)


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 10_000:
        raise argparse.ArgumentTypeError(f"{text} is not between 1 and 10000.")
    return number


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number <= 1e6:
        raise argparse.ArgumentTypeError(f"{text} is not above 0 and at most 1000000.")
    return number


def _rate(text: str) -> float:
    return 0.0 if float(text) == 0 else _positive(text)
