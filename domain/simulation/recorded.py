"""A recorded workload, from JSON or CSV."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from typing import Any

from domain.demand import Gang, Strategy, plain_bundles
from domain.quantities import parse_bytes
from domain.simulation.work import Arrival, in_order

_OWN = ("at", "count", "seconds")
_BYTES = ("memory", "object_store_memory")


def read_json(text: str) -> tuple[Arrival, ...]:
    """Return the arrivals in a JSON list; raises ValueError with the place of what is wrong.

    Each has `at`, `seconds`, `count` (1) and either `shape` or `strategy` and `bundles`.
    """
    try:
        items = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"The workload is not valid JSON: {error}.") from error
    if not isinstance(items, list):
        raise ValueError('The workload must be a JSON list of {"at", "shape", "count", "seconds"}.')
    return _read(items)


def read_csv(text: str) -> tuple[Arrival, ...]:
    """Return the arrivals in CSV: `at`, `seconds`, `count`, and a column for each resource."""
    rows = list(csv.DictReader(io.StringIO(text)))
    return _read(
        {
            **{name: row[name] for name in _OWN if row.get(name)},
            "shape": {
                name: value for name, value in row.items() if name and name not in _OWN and value
            },
        }
        for row in rows
    )


def _read(items: Iterable[Any]) -> tuple[Arrival, ...]:
    arrivals = []
    for place, item in enumerate(items, start=1):
        try:
            arrivals.append(_arrival(item))
        except (KeyError, TypeError, AttributeError, OverflowError) as error:
            raise ValueError(f"Could not parse arrival {place}: {error!r}.") from error
        except ValueError as error:
            raise ValueError(f"Arrival {place}: {error}") from error
    if not arrivals:
        raise ValueError("The workload is empty.")
    return in_order(arrivals)


def _arrival(item: Mapping[str, Any]) -> Arrival:
    gang = None
    if "bundles" in item:
        bundles = tuple(_resources(bundle) for bundle in item["bundles"])
        if not bundles:
            raise ValueError("a placement group needs bundles.")
        gang = Gang(
            strategy=Strategy(item.get("strategy") or Strategy.PACK), bundles=plain_bundles(bundles)
        )
    return Arrival(
        at=_whole(item, "at", least=0),
        seconds=_whole(item, "seconds", least=1),
        count=_whole(item, "count", least=1, default=1),
        resources={} if gang else _resources(item["shape"]),
        gang=gang,
    )


def _whole(item: Mapping[str, Any], name: str, *, least: int, default: int | None = None) -> int:
    value = item.get(name, default)
    if value is None:
        raise ValueError(f"{name} is missing.")
    number = round(float(value))
    if number < least:
        raise ValueError(f"{name} is {value}, {least} at least.")
    return number


def _resources(item: Mapping[str, Any]) -> dict[str, float]:
    amounts = {name: _amount(name, value) for name, value in item.items()}
    resources = {name: amount for name, amount in amounts.items() if amount}
    if not resources:
        raise ValueError("its shape has no resources.")
    return resources


def _amount(name: str, value: Any) -> float:
    if name in _BYTES and isinstance(value, str):
        return float(parse_bytes(value))
    number = float(value)
    if not 0 <= number < 2**53:
        raise ValueError(f"{name} is {value}.")
    return number
