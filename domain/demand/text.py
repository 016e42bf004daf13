"""Demand as people write it down: JSON as a head agent reports it, or one line for each shape.

4 x CPU:2, memory:8GiB            four tasks or actors
STRICT_SPREAD 3 x GPU:1           one placement group of three bundles
"""

import json
import math
import re
from collections.abc import Iterable, Iterator
from typing import Any

from domain.demand.model import (
    Bundle,
    Demand,
    Gang,
    LabelSelector,
    Resources,
    Shape,
    Strategy,
    describe,
    plain_bundles,
)
from domain.demand.report import (
    OLD_STANDING_REQUESTS,
    STANDING_REQUESTS,
    UnreadableDemand,
    demand_from_report,
    report_of,
)
from domain.demand.reserved import is_inside_group
from domain.quantities import LARGEST, parse_bytes

MOST_COUNT, MOST_BUNDLES = 1_000_000, 1_000
EXAMPLE = "4 x CPU:2, memory:8GiB"
_KINDS = {"shapes", "gangs", STANDING_REQUESTS, OLD_STANDING_REQUESTS, "inside_groups"}
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
    return Demand(
        shapes=tuple(shape for shape in shapes if not is_inside_group(shape.resources)),
        gangs=tuple(gangs),
        inside_groups=tuple(shape for shape in shapes if is_inside_group(shape.resources)),
    )


def text_of(demand: Demand, *, longest: int) -> str:
    """Return the demand as lines, or as JSON where lines cannot say it all.

    What is longer than `longest` is cut after a whole line.
    """
    whole = _lines_of(demand) if _fits_lines(demand) else json.dumps(report_of(demand))
    if len(whole) <= longest:
        return whole
    return _lines_of(demand)[: longest + 1].rpartition("\n")[0]


def _fits_lines(demand: Demand) -> bool:
    lines = [*map(_fits_line, _every_shape(demand)), *map(_fits_line, demand.gangs)]
    return not demand.standing_requests and all(lines)


def _fits_line(item: Shape | Gang) -> bool:
    """A line has no labels, and of a placement group it has only equal bundles."""
    if isinstance(item, Shape):
        return not (item.selectors or item.fallbacks)
    plain = Bundle(resources=item.bundles[0].resources) if item.bundles else None
    return not item.fallbacks and all(bundle == plain for bundle in item.bundles)


def _lines_of(demand: Demand) -> str:
    """Return the demand that lines can say."""
    shapes = [
        f"{shape.count} x {_written(shape.resources)}"
        for shape in (*demand.shapes, *demand.inside_groups)
        if _fits_line(shape)
    ]
    gangs = [
        f"{gang.strategy} {len(gang.bundles)} x {_written(gang.bundles[0].resources)}"
        for gang in demand.gangs
        if gang.bundles and _fits_line(gang)
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
    if not isinstance(report, dict) or not report.keys() <= _KINDS:
        raise ValueError(
            'The JSON must be an object with "shapes", "gangs" or "standing_requests", such as '
            '{"shapes": [{"resources": {"CPU": 2}, "count": 4}]}.'
        )
    try:
        return demand_from_report(report, strict=True)
    except ValueError as error:
        why = error.why if isinstance(error, UnreadableDemand) else str(error).rstrip(".")
        raise ValueError(
            f"The JSON is not valid demand: {why}. Use the format that an agent reports, or "
            f"{EXAMPLE}."
        ) from error


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is not a number.")


def _checked(demand: Demand) -> Demand:
    for shape in _every_shape(demand):
        _check_count(shape.count)
    for item in _every_item(demand):
        for selectors in (item.selectors, *item.fallbacks):
            _check_selectors(selectors)
        for name, amount in item.resources.items():
            if not name.isprintable() or amount > LARGEST:
                raise ValueError(f"{name[:40]!r} is {amount:g}: more than any machine has.")
    return demand


def _every_shape(demand: Demand) -> Iterator[Shape]:
    yield from (*demand.shapes, *demand.standing_requests, *demand.inside_groups)


def _every_item(demand: Demand) -> Iterator[Shape | Bundle]:
    yield from _every_shape(demand)
    for gang in demand.gangs:
        yield from (bundle for bundles in (gang.bundles, *gang.fallbacks) for bundle in bundles)


def _check_selectors(selectors: Iterable[LabelSelector]) -> None:
    for selector in selectors:
        words = (selector.key, *selector.values)
        if not all(isinstance(word, str) and word.isprintable() for word in words):
            raise ValueError("A label selector's key and values must be text.")


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
    return Gang(strategy=Strategy(match["strategy"]), bundles=plain_bundles([resources] * count))


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
