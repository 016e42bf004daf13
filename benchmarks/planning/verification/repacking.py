"""Whether given nodes can host given items, for plans that do not say what goes where."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import lil_matrix

from benchmarks.planning.verification.items import Item

_MOST_COLUMNS = 20_000
_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """`count` nodes with so much room each."""

    room: Mapping[str, int]
    labels: Mapping[str, str]
    count: int

    def holds(self, item: Item, room: Mapping[str, int]) -> int:
        """Return how many of `item` go into what is left of one node."""
        if not all(selector.accepts(self.labels) for selector in item.selectors):
            return 0
        return min((room.get(name, 0) // amount for name, amount in item.resources), default=0)


def can_host(items: Counter[Item], places: Sequence[Place], *, may_fail: int) -> bool:
    """Return whether all but `may_fail` items were packed: greedily, then by a solver if small."""
    for order, dearest_first in product(_ORDERS, (True, False)):
        rooms = sorted(places, key=lambda place: sum(place.room.values()), reverse=dearest_first)
        if _left(items, rooms, order=order) <= may_fail:
            return True
    nodes = [place for place in places for _ in range(place.count)]
    if may_fail or not nodes or len(nodes) * len(items) > _MOST_COLUMNS:
        return False
    return _solvable(items, nodes)


def _size(item: Item) -> tuple[float, ...]:
    need = dict(item.resources)
    cpus, memory = need.get("CPU", 0) / 10_000, need.get("memory", 0) / 10_000 / 2**30
    return cpus, need.get("GPU", 0) / 10_000, memory


_ORDERS: tuple[Callable[[Item], tuple[float, ...]], ...] = (
    lambda item: (-max(_size(item)[0] / 64, _size(item)[1] / 4, _size(item)[2] / 256),),
    lambda item: (-_size(item)[1], -_size(item)[0] - _size(item)[2] / 4),
    lambda item: (-_size(item)[1], -_size(item)[2], -_size(item)[0]),
    lambda item: (-_size(item)[1], -_size(item)[2] / (_size(item)[0] + 0.1)),
)


def _left(
    items: Counter[Item], places: Sequence[Place], *, order: Callable[[Item], tuple[float, ...]]
) -> int:
    """Return how many items have no place when each node is filled in turn."""
    left = Counter(items)
    ordered = sorted(items, key=order)
    for place in places:
        for _ in range(place.count):
            room = dict(place.room)
            for item in ordered:
                if times := min(left[item], place.holds(item, room)):
                    left[item] -= times
                    for name, amount in item.resources:
                        room[name] -= times * amount
    return left.total()


def _solvable(items: Counter[Item], nodes: Sequence[Place]) -> bool:
    """Return whether a solver finds places for all: how many of each item on each node."""
    kinds = list(items)
    columns = len(kinds) * len(nodes)
    most = np.array([node.holds(kind, node.room) for kind in kinds for node in nodes])
    names = sorted({name for kind in kinds for name, _ in kind.resources})
    rows: Any = lil_matrix((len(nodes) * len(names), columns))
    rooms = np.array([float(node.room.get(name, 0)) for node in nodes for name in names])
    for (k, kind), n in product(enumerate(kinds), range(len(nodes))):
        for name, amount in kind.resources:
            rows[n * len(names) + names.index(name), k * len(nodes) + n] = float(amount)
    scale = np.maximum(rooms, 1.0)
    placed: Any = lil_matrix((len(kinds), columns))
    for k in range(len(kinds)):
        placed[k, k * len(nodes) : (k + 1) * len(nodes)] = 1.0
    wanted = np.array([float(items[kind]) for kind in kinds])
    inverse: Any = lil_matrix((len(scale), len(scale)))
    inverse.setdiag(1 / scale)
    result = milp(
        np.zeros(columns),
        constraints=[
            LinearConstraint(placed.tocsr(), wanted, wanted),
            LinearConstraint(inverse.tocsr() @ rows.tocsr(), -math.inf, rooms / scale + 1e-9),
        ],
        integrality=np.ones(columns),
        bounds=Bounds(0, most),
        options={"time_limit": _SECONDS},
    )
    return result.x is not None
