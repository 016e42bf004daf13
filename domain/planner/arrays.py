"""Needs, nodes and candidates as arrays, for the search for the cheapest plan."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from domain.planner.candidates import Candidate
from domain.planner.cheapest.problem import Bools, Ints, PackingProblem
from domain.planner.limits import Limits
from domain.planner.packing import Need, NodeRun, new_run
from domain.planner.units.columns import UnitColumn, columns
from domain.planner.units.room import pieces_of, units_of
from domain.planner.units.unit import UNIT_RESOURCES, is_possible

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
    """Rows of needs, and all that can hold them, in the same columns of resources.

    Resources that come in units have further columns where fractions of them are wanted or free.
    """

    def __init__(self, rows: Sequence[Row], runs: Iterable[NodeRun] = ()) -> None:
        self.rows = rows
        # Work that asks for nothing goes anywhere; an array without columns would not say so.
        names = {name for row in rows for name in row.need.amounts} or {"CPU"}
        self._columns = {name: place for place, name in enumerate(sorted(names))}
        self._units = _unit_columns(rows, runs)
        self._spread = {row.spread: row.groups for row in rows if row.spread}
        self.needs = np.array([self._need(row) for row in rows], dtype=np.int64).reshape(
            len(rows), len(self._columns) + len(self._units) + len(self._spread)
        )
        self.counts = np.array([row.need.count for row in rows], dtype=np.int64)

    def rooms(self, runs: Iterable[NodeRun]) -> Ints:
        """Return the rooms of nodes, each with a place for all placement groups that spread."""
        vectors = [self._room(run) for run in runs]
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
            bins=self.rooms(new_run(candidate, count=1) for candidate in candidates),
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

    def _need(self, row: Row) -> list[int]:
        amounts, split = row.need.amounts, row.need.split
        plain = [min(amounts.get(name, 0), MOST_ROOM + 1) for name in self._columns]
        for place, name in enumerate(self._columns):
            if name in UNIT_RESOURCES and not (name in split or is_possible(amounts.get(name, 0))):
                plain[place] = MOST_ROOM + 1
        pieces = {name: pieces_of(amounts.get(name, 0), split.get(name)) for name in UNIT_RESOURCES}
        units = [min(column.need(pieces[column.name]), MOST_ROOM + 1) for column in self._units]
        return plain + units + [int(name == row.spread) for name in self._spread]

    def _room(self, run: NodeRun) -> list[int]:
        plain = [min(run.free.get(name, 0), MOST_ROOM) for name in self._columns]
        units = [
            min(column.room(units_of(run.free, run.parts, column.name)), MOST_ROOM)
            for column in self._units
        ]
        held = {row.spread: 0 for row in self.rows if row.spread}
        for row in self.rows:
            if row.spread:
                held[row.spread] += sum(times for need, times in run.content if need is row.need)
        return plain + units + [max(0, most - held[name]) for name, most in self._spread.items()]


def _unit_columns(rows: Sequence[Row], runs: Iterable[NodeRun]) -> list[UnitColumn]:
    """Return the columns of resources of which parts of units are wanted or free."""
    wanted: dict[str, set[int]] = {}
    for row in rows:
        for name in row.need.amounts.keys() & UNIT_RESOURCES:
            pieces = pieces_of(row.need.amounts[name], row.need.split.get(name))
            wanted.setdefault(name, set()).update(amount for amount, _ in pieces)
    free: dict[str, set[int]] = {}
    for run in runs:
        for name, parts in run.parts.items():
            free.setdefault(name, set()).update(parts)
    return [
        column
        for name, amounts in sorted(wanted.items())
        for column in columns(name, amounts=amounts, parts=free.get(name, ()))
    ]


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
