"""Demand as people write it down: JSON as a head agent reports it, or one line for each shape.

4 x CPU:2, memory:8GiB            four tasks or actors
STRICT_SPREAD 3 x GPU:1           one placement group of three bundles
"""

import json
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from domain.demand import (
    Demand,
    Gang,
    LabelSelector,
    Resources,
    Shape,
    Strategy,
    UnreadableDemand,
    demand_from_report,
    describe,
)
from domain.quantities import LARGEST, parse_bytes

MOST_COUNT, MOST_BUNDLES = 1_000_000, 1_000
EXAMPLE = "4 x CPU:2, memory:8GiB"
_IN_BYTES = {"memory", "object_store_memory"}
_LINE = re.compile(
    rf"(?:(?P<strategy>{'|'.join(Strategy)})\s+)?(?:(?P<count>\d{{1,9}})\s*[x×*]\s*)?"
    r"(?P<resources>[^\s].*)",
    re.ASCII,
)
_NUMBER = re.compile(r"\d{1,12}(?:\.\d{1,6})?\Z", re.ASCII)


def demand_from_text(text: str) -> Demand:
    """Return the demand that `text` says; raises ValueError with the line and the way out."""
    if text.lstrip().startswith(("{", "[")) and not _is_line(text):
        return _checked(_from_json(text))
    shapes, gangs = list[Shape](), list[Gang]()
    for number, line in enumerate(text.splitlines(), start=1):
        if not (bare := line.partition("#")[0].strip()):
            continue
        try:
            item = _from_line(bare)
        except ValueError as error:
            raise ValueError(f"Line {number}: {error}") from error
        (shapes if isinstance(item, Shape) else gangs).append(item)  # type: ignore[arg-type]
    if not (shapes or gangs):
        raise ValueError(f"Enter at least one line of demand, such as {EXAMPLE}.")
    return Demand(shapes=tuple(shapes), gangs=tuple(gangs))


def text_of(demand: Demand, *, longest: int) -> str:
    """Return the demand as lines, or as JSON where lines cannot say it all.

    What is longer than `longest` is cut after a whole line.
    """
    whole = _lines_of(demand) if _fits_lines(demand) else json.dumps(asdict(demand))
    if len(whole) <= longest:
        return whole
    return _lines_of(demand)[: longest + 1].rpartition("\n")[0]


def _fits_lines(demand: Demand) -> bool:
    labelled = any(shape.selectors for shape in demand.shapes)
    mixed = any(gang.bundles.count(gang.bundles[0]) < len(gang.bundles) for gang in demand.gangs
                if gang.bundles)  # fmt: skip
    return not (demand.standing_requests or labelled or mixed)


def _lines_of(demand: Demand) -> str:
    shapes = [f"{shape.count} x {_written(shape.resources)}" for shape in demand.shapes]
    gangs = [
        f"{gang.strategy} {len(gang.bundles)} x {_written(gang.bundles[0])}"
        for gang in demand.gangs
        if gang.bundles and all(bundle == gang.bundles[0] for bundle in gang.bundles)
    ]
    return "\n".join(shapes + gangs)


def _written(resources: Resources) -> str:
    return describe(resources).strip("{}").replace(": ", ":").replace(" GiB", "GiB")


def _is_line(text: str) -> bool:
    """`{CPU: 1}` is how pages write a shape, and no JSON: its names have no quotes."""
    first = text.strip().splitlines()[0]
    return first.startswith("{") and first.endswith("}") and '"' not in first and ":" in first


def _from_json(text: str) -> Demand:
    try:
        report = json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise ValueError(
            f"Line {error.lineno}: not valid JSON ({error.msg} at column {error.colno}). Fix "
            f"it, or write lines such as {EXAMPLE}."
        ) from error
    except RecursionError:
        raise ValueError("The JSON is nested too deeply to be demand.") from None
    known = {"shapes", "gangs", "standing_requests"}
    if not isinstance(report, dict) or not report.keys() <= known:
        raise ValueError(
            'The JSON must be an object with "shapes", "gangs" or "standing_requests", such as '
            '{"shapes": [{"resources": {"CPU": 2}, "count": 4}]}.'
        )
    try:
        return demand_from_report(report)
    except ValueError as error:
        why = error.why if isinstance(error, UnreadableDemand) else str(error).rstrip(".")
        raise ValueError(
            f"The JSON is not valid demand: {why}. Use the format that an agent reports, or "
            f"{EXAMPLE}."
        ) from error


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is not a number.")


def _checked(demand: Demand) -> Demand:
    for shape in (*demand.shapes, *demand.standing_requests):
        _check_count(shape.count)
        _check_selectors(shape.selectors)
    for resources in _every_resources(demand):
        for name, amount in resources.items():
            if not name.isprintable() or amount > LARGEST:
                raise ValueError(f"{name[:40]!r} is {amount:g}: more than any machine has.")
    return demand


def _every_resources(demand: Demand) -> Iterator[Resources]:
    yield from (shape.resources for shape in (*demand.shapes, *demand.standing_requests))
    yield from (bundle for gang in demand.gangs for bundle in gang.bundles)


def _check_selectors(selectors: Iterable[LabelSelector]) -> None:
    for one in selectors:
        words = (one.key, *one.values)
        if not all(isinstance(word, str) and word.isprintable() for word in words):
            raise ValueError("A label selector's key and values must be text.")
        if one.operator not in {"in", "not in"}:
            raise ValueError('The operator of a label selector must be "in" or "not in".')


def _from_line(line: str) -> Shape | Gang:
    match = _LINE.fullmatch(line)
    if match is None:
        raise ValueError(f"{line[:60]!r} has no resources: write it as {EXAMPLE}.")
    count = int(match["count"] or 1)
    _check_count(count)
    resources = _resources(match["resources"])
    if match["strategy"] is None:
        return Shape(resources=resources, count=count)
    if count > MOST_BUNDLES:
        raise ValueError(f"{count:,} bundles are too many: use at most {MOST_BUNDLES:,}.")
    return Gang(strategy=Strategy(match["strategy"]), bundles=(resources,) * count)


def _check_count(count: int) -> None:
    if not 1 <= count <= MOST_COUNT:
        raise ValueError(f"the count is {count}: write a number from 1 to {MOST_COUNT:,}.")


def _resources(text: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for part in text.strip("{} \t").split(","):
        name, separator, amount = part.rpartition(":" if ":" in part else "=")
        name = name.strip().strip("\"'")
        if not (separator and name and amount.strip()):
            raise ValueError(f"{part.strip()[:40]!r} has no amount: write it as CPU:2.")
        if name in found:
            raise ValueError(f"{name} is given twice: write one amount.")
        found[name] = _amount(name, amount.replace(" ", ""))
    return found


def _amount(name: str, text: str) -> float:
    if name in _IN_BYTES:
        try:
            amount = float(parse_bytes(re.sub(r"([KMGTP]i)B\Z", r"\1", text)))
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
    elif _NUMBER.match(text):
        amount = float(text)
    else:
        raise ValueError(f"{name} is {text[:40]!r}, which is not a number: write it as {name}:2.")
    if not (amount > 0 and math.isfinite(amount)):
        raise ValueError(f"{name} is 0: remove it, or write the amount requested.")
    return amount
