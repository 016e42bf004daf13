"""Needs, nodes and candidates as arrays, for the search for the cheapest plan."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from domain.planner.amounts import Amounts
from domain.planner.candidates import Candidate
from domain.planner.cheapest.problem import Bools, Ints, PackingProblem
from domain.planner.limits import Limits
from domain.planner.packing import Need, NodeRun

# Rooms are cut to so much, 100 TiB of memory, and needs to one step more: sums stay within 64 bits,
# and what asks for more than any machine has waits like everything that fits nowhere.
MOST_ROOM = 2**60


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A need of the arrays.

    `spread` names the placement groups whose bundles lie apart: a node takes `groups` of them at
    most, one bundle of each. By König's theorem on edge colouring they can then be dealt out so
    that no group has two on one node.
    """

    need: Need
    is_gang: bool = False  # some of it are bundles of placement groups
    spread: str = ""
    groups: int = 0


class Arrays:
    """Rows of needs, and all that can hold them, in the same columns of resources."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows
        # Work that asks for nothing goes anywhere; an array without columns would not say so.
        names = {name for row in rows for name in row.need.amounts} or {"CPU"}
        self._columns = {name: place for place, name in enumerate(sorted(names))}
        self._spread = {row.spread: row.groups for row in rows if row.spread}
        self.needs = np.array(
            [
                self._vector(row.need.amounts, spread={row.spread: 1}, most=MOST_ROOM + 1)
                for row in rows
            ],
            dtype=np.int64,
        ).reshape(len(rows), len(self._columns) + len(self._spread))
        self.counts = np.array([row.need.count for row in rows], dtype=np.int64)

    def rooms(self, rooms: Iterable[Amounts]) -> Ints:
        """Return the rooms of nodes, each with a place for all placement groups that spread."""
        vectors = [self._vector(room, spread=self._spread) for room in rooms]
        return np.array(vectors, dtype=np.int64).reshape(len(vectors), self.needs.shape[1])

    def allowed(self, labels: Sequence[Mapping[str, str]]) -> Bools:
        """Return for each need and each node whether the labels let it go there."""
        allowed = np.ones((len(self.rows), len(labels)), dtype=bool)
        for place, row in enumerate(self.rows):
            if row.need.selectors:
                allowed[place] = [row.need.accepts(node_labels) for node_labels in labels]
        return allowed

    def problem(
        self, candidates: Sequence[Candidate], limits: Limits, counts: Ints
    ) -> PackingProblem:
        """Return the packing of `counts` on new nodes of candidates that can be rented."""
        takes, room = _limits(candidates, limits, most=int(counts.sum()))
        return PackingProblem(
            needs=self.needs,
            counts=counts,
            bins=self.rooms(candidate.brings for candidate in candidates),
            prices=np.array([candidate.cost for candidate in candidates], dtype=float),
            allowed=self.allowed([candidate.labels for candidate in candidates]),
            limits=takes,
            room=room,
        )

    def planned(self, run: NodeRun) -> Ints:
        """Return what the nodes of a run were launched for, as far as it still waits."""
        wanted = np.zeros(len(self.rows), dtype=np.int64)
        for need, count in run.planned:
            left = count
            for place, row in enumerate(self.rows):
                if left and row.need.key == need.key:
                    most = min(left, row.groups) if row.spread else left
                    wanted[place] += min(most, row.need.count)
                    left -= min(most, row.need.count)
        return wanted

    def _vector(
        self, amounts: Amounts, *, spread: Mapping[str, int], most: int = MOST_ROOM
    ) -> list[int]:
        plain = [min(amounts.get(name, 0), most) for name in self._columns]
        return plain + [spread.get(name, 0) for name in self._spread]


def _limits(
    candidates: Sequence[Candidate], limits: Limits, *, most: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return what each candidate takes of each limit (L × T) and what is left of it (L).

    A limit that `most` nodes of any kind cannot reach is left out.
    """
    takes: dict[tuple[str, ...], dict[int, float]] = {}
    room: dict[tuple[str, ...], float] = {}
    for place, candidate in enumerate(candidates):
        for limit in limits.limits(candidate):
            takes.setdefault(limit.key, {})[place] = limit.takes
            room[limit.key] = max(0.0, limit.room)
    binding = [key for key, taken in takes.items() if max(taken.values()) * most > room[key]]
    table = np.zeros((len(binding), len(candidates)))
    for row, key in enumerate(binding):
        table[row, list(takes[key])] = list(takes[key].values())
    return table, np.array([room[key] for key in binding], dtype=float)
