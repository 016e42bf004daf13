"""Put demand on nodes: on what is free first, then on new nodes of the first group that fits.

Shapes are placed by arithmetic: runs of equal nodes take counts of equal shapes, so that the
work grows with the kinds of shapes and nodes and not with the number of tasks.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from domain.demand import LabelSelector
from domain.planner.amounts import Amounts, exact, less, times_in
from domain.planner.limits import Limits
from domain.planner.model import Group


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """So many times the same shape; `apart`: each on a node of its own."""

    amounts: Amounts
    count: int
    selectors: tuple[LabelSelector, ...] = ()
    apart: bool = False
    whose: str = ""  # "of a standing request", "of a STRICT_PACK placement group"

    def accepts(self, labels: Mapping[str, str]) -> bool:
        return not self.selectors or all(s.accepts(labels) for s in self.selectors)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Equal nodes that stand next to each other in the order in which nodes are tried."""

    free: Amounts
    labels: Mapping[str, str]
    count: int = 1
    names: tuple[str, ...] = ()  # of nodes that are there already
    used: bool = False
    closed: bool = False  # holds a bundle that wants no other of its placement group beside it

    def holds(self, need: Need) -> int:
        """Return how many of `need` one of these nodes takes."""
        if self.closed or not need.accepts(self.labels):
            return 0
        return times_in(self.free, need.amounts, at_most=1 if need.apart else need.count)

    def serve(self, need: Need, *, each: int, served: int) -> Iterator["Run"]:
        """Yield what becomes of the nodes when they take `served`, `each` at most on one."""
        full, rest = divmod(served, each)
        touched = full + (rest > 0)
        if full:
            yield self._laden(need, times=each, start=0, stop=full)
        if rest:
            yield self._laden(need, times=rest, start=full, stop=touched)
        if touched < self.count:
            yield replace(self, count=self.count - touched, names=self.names[touched:])

    def _laden(self, need: Need, *, times: int, start: int, stop: int) -> "Run":
        return replace(
            self,
            free=less(self.free, need.amounts, times=times),
            count=stop - start,
            names=self.names[start:stop],
            used=True,
            closed=need.apart,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """New nodes of one group, and for what."""

    group: Group
    count: int
    need: Need
    served: int
    passed_over: tuple[str, ...] = ()  # why groups that are preferred could not serve it


class Packing:
    """The cluster while demand is put on it; it opens new nodes as far as the limits allow."""

    def __init__(self, groups: Sequence[Group], *, runs: Iterable[Run], limits: Limits) -> None:
        self.groups = groups
        self.brings = {group.name: exact(group.resources) for group in groups}
        self.runs = list(runs)
        self.limits = limits
        self.opened: list[Opened] = []

    def fork(self) -> Self:
        """Return a copy that can be thrown away."""
        copy = object.__new__(type(self))
        copy.groups, copy.brings = self.groups, self.brings
        copy.runs, copy.limits = self.runs.copy(), self.limits.fork()
        copy.opened = self.opened.copy()
        return copy

    def reopen(self) -> None:
        """Let every node take bundles again: the placement group is complete."""
        self.runs = [replace(run, closed=False) if run.closed else run for run in self.runs]

    def used_names(self) -> set[str]:
        """Return the names of the existing nodes that serve something."""
        return {name for run in self.runs if run.used for name in run.names}

    def serve(self, need: Need) -> tuple[int, tuple[str, ...]]:
        """Place what can be placed; return how many are left and what stopped each group."""
        left = self._fill(need)
        stops: list[str] = []
        for group in self.fitting(need):
            if not left:
                break
            left, stop = self._open(group, need, left=left, passed_over=tuple(stops))
            stops.append(stop)
        return left, tuple(dict.fromkeys(stops))

    def fitting(self, need: Need) -> list[Group]:
        """Return the groups whose empty nodes can take one of `need`, the preferred first."""
        fits = [
            group
            for group in self.groups
            if need.accepts(group.labels)
            and times_in(self.brings[group.name], need.amounts, at_most=1)
        ]
        if "GPU" in need.amounts:
            return fits
        return sorted(fits, key=lambda group: "GPU" in self.brings[group.name])

    def _fill(self, need: Need) -> int:
        left, runs = need.count, list[Run]()
        for position, run in enumerate(self.runs):
            if not left:
                runs += self.runs[position:]
                break
            if each := min(run.holds(need), left):
                served = min(left, each * run.count)
                left -= served
                runs.extend(run.serve(need, each=each, served=served))
            else:
                runs.append(run)
        self.runs = runs
        return left

    def _open(
        self, group: Group, need: Need, *, left: int, passed_over: tuple[str, ...]
    ) -> tuple[int, str]:
        empty = Run(free=self.brings[group.name], labels=group.labels)
        each = min(empty.holds(need), left)
        room = self.limits.room(group, self.brings[group.name])
        count = min(-(-left // each), room.nodes)
        if count == 0:
            return left, room.stop
        served = min(left, each * count)
        self.limits.take(group, self.brings[group.name], count=count)
        self.runs.extend(replace(empty, count=count).serve(need, each=each, served=served))
        self.opened.append(
            Opened(group=group, count=count, need=need, served=served, passed_over=passed_over)
        )
        return left - served, room.stop


def new_run(group: Group, *, count: int) -> Run:
    """Return `count` empty nodes of `group`."""
    return Run(free=exact(group.resources), labels=group.labels, count=count)
