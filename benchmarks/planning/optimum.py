"""The cheapest nodes for few shapes, exactly, over random catalogues: what small plans are held to.

It shares nothing with the planner: one shape by a dynamic program over how many copies are served,
several by an integer program over every full content of every kind.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from random import Random

import numpy as np
from scipy.optimize import LinearConstraint, milp

from benchmarks.planning.instance import PLENTY
from domain.demand import Demand, Shape
from domain.planner import PlannedGroup, PlanRequest, plan
from domain.planner.model import Offer

type Vector = tuple[int, ...]

_SIZES = (1, 2, 4, 8, 12, 16, 24, 48)
# Contents of all kinds together, beyond which the integer program takes long.
_MOST_CONTENTS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    room: Vector
    usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Small:
    """So many copies of each need, on any number of nodes of each kind."""

    needs: tuple[Vector, ...]
    counts: tuple[int, ...]
    kinds: tuple[Kind, ...]


def catalogue(random: Random) -> tuple[Kind, ...]:
    """Return the sizes of one to four families; what a CPU costs varies with some of them."""
    kinds = []
    for _ in range(random.randint(1, 4)):
        cpus, memory = random.choice((1, 2, 3)), random.choice((2, 4, 8))
        usd, even = random.randint(30, 140) / 1_000, random.random() < 0.6
        for size in sorted(random.sample(_SIZES, random.randint(2, len(_SIZES)))):
            price = usd * cpus * size * (1 if even else random.uniform(0.8, 1.25))
            kinds.append(Kind(room=(cpus * size, memory * size), usd=round(price, 5)))
    return tuple(kinds)


def small(random: Random, *, shapes: int, copies: int) -> Small:
    """Return a random problem that its catalogue can serve."""
    kinds = catalogue(random)
    largest = max(kinds, key=lambda kind: min(kind.room))
    needs: list[Vector] = []
    while len(needs) < shapes:
        need = random.choice((1, 1, 2, 3, 4, 6)), random.choice((0, 1, 2, 4, 7, 12))
        if times_in(largest.room, need) and need not in needs:
            needs.append(need)
    cuts = sorted(random.sample(range(1, copies), shapes - 1)) if shapes > 1 else []
    counts = tuple(stop - start for start, stop in zip([0, *cuts], [*cuts, copies], strict=True))
    return Small(needs=tuple(needs), counts=counts, kinds=kinds)


def paid(problem: Small) -> float:
    """Return what our plan costs; all of the problem is served, or there is no such plan."""
    groups = tuple(
        PlannedGroup(
            name=f"{number}",
            offers=(
                Offer(
                    instance_type=f"{number}",
                    resources=_resources(kind.room),
                    hourly_usd=Decimal(str(kind.usd)),
                ),
            ),
            min_nodes=0,
            max_nodes=PLENTY,
            idle_seconds=60,
        )
        for number, kind in enumerate(problem.kinds)
    )
    shapes = tuple(
        Shape(resources=_resources(need), count=count)
        for need, count in zip(problem.needs, problem.counts, strict=True)
    )
    answer = plan(PlanRequest(groups=groups, nodes=(), demand=Demand(shapes=shapes)))
    if answer.unserved or answer.hourly_usd is None:
        raise ValueError(f"{problem} is not served: {answer.unserved}.")
    return float(answer.hourly_usd)


def _resources(amounts: Vector) -> dict[str, float]:
    return {
        name: float(amount)
        for name, amount in zip(("CPU", "memory"), amounts, strict=True)
        if amount
    }


def optimum(problem: Small) -> float | None:
    """Return the least cost; None where it was not proven in time."""
    if len(problem.needs) == 1:
        return one_shape(problem)
    return few_shapes(problem)


def one_shape(problem: Small) -> float:
    """Return the least cost of one shape: the best last node, for every number of copies."""
    (need,), (count,) = problem.needs, problem.counts
    held = [(times_in(kind.room, need), kind.usd) for kind in problem.kinds]
    held = [(times, usd) for times, usd in held if times]
    best = [0.0]
    for copies in range(1, count + 1):
        best.append(min(usd + best[max(0, copies - times)] for times, usd in held))
    return best[count]


def few_shapes(problem: Small, *, seconds: float = 10) -> float | None:
    """Return the least cost of several shapes; None where it was not proven in time."""
    columns, usd = [], []
    for kind in problem.kinds:
        for content in _full(problem.needs, problem.counts, kind.room):
            columns.append(content)
            usd.append(kind.usd)
            if len(columns) > _MOST_CONTENTS:
                return None
    served = np.array(columns, dtype=float).T
    result = milp(
        np.array(usd),
        constraints=[LinearConstraint(served, np.array(problem.counts), np.inf)],
        integrality=np.ones(len(usd)),
        options={"mip_rel_gap": 1e-6, "time_limit": seconds},
    )
    return float(result.fun) if result.status == 0 else None


def times_in(room: Vector, need: Vector) -> int:
    """Return how many copies of a need fit into a room."""
    return min((there // asked for there, asked in zip(room, need, strict=True) if asked))


def _full(needs: Sequence[Vector], counts: Sequence[int], room: Vector) -> Iterator[Vector]:
    """Yield each content of a room to which no copy can be added."""
    most = [min(times_in(room, need), count) for need, count in zip(needs, counts, strict=True)]
    for first in product(*(range(times + 1) for times in most[:-1])):
        rest = list(room)
        for times, need in zip(first, needs[:-1], strict=True):
            rest = [there - times * asked for there, asked in zip(rest, need, strict=True)]
        if min(rest) < 0:
            continue
        last = min(times_in(tuple(rest), needs[-1]), most[-1])
        content = (*first, last)
        rest = [there - last * asked for there, asked in zip(rest, needs[-1], strict=True)]
        addable = (
            held < times and times_in(tuple(rest), need)
            for held, times, need in zip(content, most, needs, strict=True)
        )
        if any(content) and not any(addable):
            yield content
