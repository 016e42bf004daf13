"""Made-up workloads, each the same for the same seed: what teams do to clusters in a week."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from random import Random

from domain.demand import Gang, Strategy, plain_bundles
from domain.simulation.conditions import DAY, stream
from domain.simulation.work import Arrival, in_order

GIB = 2.0**30
_MINUTE, _HOUR = 60, 3600
_NOTEBOOK = {"CPU": 2.0, "GPU": 1.0}

type Maker = Callable[[Random, int, float], Iterator[Arrival]]
"""Yields what arrives on one day, counted from Monday, at the given size."""


def made(
    name: str, *, seed: int, days: int = 7, size: float = 1.0, first: int = 0
) -> tuple[Arrival, ...]:
    """Return the workload of that name from day `first` on, which may be before day 0, a Monday.

    A day is the same whichever days there are around it; `size` multiplies how much arrives.
    """
    maker = WORKLOADS[name]
    return in_order(
        replace(arrival, at=arrival.at - first * DAY)
        for day in range(first, first + days)
        for arrival in maker(stream(seed, name, day), day, size)
    )


def _office_hours(luck: Random, day: int, size: float) -> Iterator[Arrival]:
    """People: from eight to six on workdays something small each few minutes, a GPU at times."""
    if day % 7 >= 5:
        return
    for at in _moments(luck, day * DAY + 8 * _HOUR, day * DAY + 18 * _HOUR, each=4 * _MINUTE):
        yield _tasks(luck, at, {"CPU": 1.0}, mean=10 * size, seconds=(60, 420))
        if luck.random() < 0.3:
            yield _tasks(
                luck, at, {"CPU": 4.0, "memory": 12 * GIB}, mean=2 * size, seconds=(300, 1200)
            )
        if luck.random() < 0.08:
            yield _tasks(luck, at, _NOTEBOOK, mean=1.5 * size, seconds=(600, 1800))


def _bursts(luck: Random, day: int, size: float) -> Iterator[Arrival]:
    """Hyperparameter searches and evaluations: much at once, at any hour, then nothing."""
    for at in _moments(luck, day * DAY, (day + 1) * DAY, each=3 * _HOUR):
        yield _tasks(luck, at, {"CPU": 1.0}, mean=150 * size, seconds=(120, 900))
        yield _tasks(luck, at, {"CPU": 8.0, "memory": 24 * GIB}, mean=6 * size, seconds=(600, 1800))
        if luck.random() < 0.4:
            yield _tasks(luck, at, {"CPU": 3.0, "GPU": 1.0}, mean=6 * size, seconds=(900, 2700))


def _nightly(luck: Random, day: int, size: float) -> Iterator[Arrival]:
    """A batch at two every night: much to prepare, then training on GPUs in placement groups."""
    at = day * DAY + 2 * _HOUR + luck.randrange(0, 5 * _MINUTE)
    for part in range(6):
        start = at + part * 10 * _MINUTE
        yield _tasks(
            luck, start, {"CPU": 2.0, "memory": 6 * GIB}, mean=60 * size, seconds=(300, 900)
        )
    gang = Gang(
        strategy=Strategy.STRICT_SPREAD, bundles=plain_bundles([{"CPU": 3.0, "GPU": 1.0}] * 4)
    )
    trained = luck.randrange(3 * _HOUR // 2, 5 * _HOUR // 2)
    yield Arrival(at=at + _HOUR, seconds=trained, count=max(1, round(size)), gang=gang)
    yield _tasks(luck, at + 4 * _HOUR, {"CPU": 1.0}, mean=40 * size, seconds=(120, 600))


def _steady(luck: Random, day: int, size: float) -> Iterator[Arrival]:
    """A service's background work: about the same at every hour of the week."""
    for at in _moments(luck, day * DAY, (day + 1) * DAY, each=10 * _MINUTE):
        yield _tasks(luck, at, {"CPU": 1.0}, mean=48 * size, seconds=(240, 480))
        if luck.random() < 0.2:
            yield _tasks(
                luck, at, {"CPU": 4.0, "memory": 12 * GIB}, mean=2 * size, seconds=(300, 900)
            )


WORKLOADS: Mapping[str, Maker] = {
    "office-hours": _office_hours,
    "bursts": _bursts,
    "nightly": _nightly,
    "steady": _steady,
}


def _moments(luck: Random, start: int, end: int, *, each: int) -> Iterator[int]:
    """Yield moments between two, `each` seconds apart on average, as strangers come."""
    at = float(start)
    while (at := at + luck.expovariate(1 / each)) < end:
        yield int(at)


def _tasks(
    luck: Random,
    at: int,
    resources: Mapping[str, float],
    *,
    mean: float,
    seconds: tuple[int, int],
) -> Arrival:
    count = max(1, round(luck.lognormvariate(math.log(mean) - 0.125, 0.5)))
    return Arrival(at=at, seconds=luck.randint(*seconds), count=count, resources=resources)
