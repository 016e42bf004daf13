"""Demand on nodes: which of them hold how many of which need."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from domain.demand import LabelSelector, Selectors, Shape
from domain.planner.amounts import Amounts, exact, less, plain, times_in
from domain.planner.candidates import Candidate
from domain.planner.explanation.causes import WORK, Purpose, Source
from domain.planner.limits import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """So many times the same shape; `apart`: each on a node of its own."""

    amounts: Amounts
    count: int
    selectors: Selectors = ()
    fallbacks: tuple[Selectors, ...] = ()  # to try in their order where the selectors find no node
    apart: bool = False
    source: Source = WORK

    @classmethod
    def of(cls, shape: Shape, *, source: Source = WORK) -> Self:
        """Return what `shape` needs."""
        return cls(
            amounts=exact(shape.resources),
            count=shape.count,
            selectors=shape.selectors,
            fallbacks=shape.fallbacks,
            source=source,
        )

    def shape(self, *, count: int) -> Shape:
        """Return so many of it as demand."""
        return Shape(
            resources=plain(self.amounts),
            count=count,
            selectors=self.selectors,
            fallbacks=self.fallbacks,
        )

    def accepts(self, labels: Mapping[str, str]) -> bool:
        return not self.selectors or all(s.accepts(labels) for s in self.selectors)

    @property
    def key(self) -> tuple[object, ...]:
        """What makes two needs the same shape."""
        return tuple(sorted(self.amounts.items())), self.selectors, self.fallbacks


type Content = tuple[tuple[Need, int], ...]
"""What one node is given to do: needs with how many copies of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRun:
    """Equal nodes that stand next to each other in the order in which nodes are tried."""

    free: Amounts
    labels: Mapping[str, str]
    count: int = 1
    names: tuple[str, ...] = ()  # of nodes that are there already
    candidate: Candidate | None = None  # of nodes that are new
    content: Content = ()
    planned: Content = ()  # what they were launched for
    purpose: Purpose | None = None  # why new nodes are rented, where no demand says it
    selectors: tuple[LabelSelector, ...] = ()  # that new nodes answer to, beside their content's
    closed: bool = False  # holds a bundle that wants no other of its placement group beside it

    def holds(self, need: Need) -> int:
        """Return how many of `need` one of these nodes takes."""
        if self.closed or not need.accepts(self.labels):
            return 0
        return times_in(self.free, need.amounts, at_most=1 if need.apart else need.count)

    def may_be(self, candidate: Candidate) -> bool:
        """Return whether the labels of another machine still serve what these nodes are for."""
        labels = candidate.labels
        return all(selector.accepts(labels) for selector in self.selectors) and all(
            need.accepts(labels) for need, _ in self.content
        )

    def serve(self, need: Need, *, each: int, served: int) -> Iterator["NodeRun"]:
        """Yield what becomes of the nodes when they take `served`, `each` at most on one."""
        full, rest = divmod(served, each)
        touched = full + (rest > 0)
        if full:
            yield self.laden(((need, each),), start=0, stop=full)
        if rest:
            yield self.laden(((need, rest),), start=full, stop=touched)
        if touched < self.count:
            yield replace(self, count=self.count - touched, names=self.names[touched:])

    def laden(self, content: Content, *, start: int, stop: int) -> "NodeRun":
        """Return some of the nodes with more on them."""
        free = self.free
        for need, times in content:
            free = less(free, need.amounts, times=times)
        return replace(
            self,
            free=free,
            count=stop - start,
            names=self.names[start:stop],
            content=(*self.content, *content),
            closed=any(need.apart for need, _ in content),
        )


@dataclass(kw_only=True)
class Packing:
    """The cluster while demand is put on it; it opens new nodes as far as the limits allow."""

    candidates: Sequence[Candidate]
    runs: list[NodeRun]
    limits: Limits
    by_price: bool  # else in the order of the candidates
    left: list[tuple[Need, int]] = field(default_factory=list)  # what found no place
    undecided: list[tuple[Need, int]] = field(default_factory=list)  # what nobody looked at yet

    def fork(self) -> Self:
        """Return a copy that can be thrown away."""
        return replace(
            self,
            runs=self.runs.copy(),
            limits=self.limits.fork(),
            left=self.left.copy(),
            undecided=self.undecided.copy(),
        )

    def reopen(self) -> None:
        """Let every node take bundles again: the placement group is complete."""
        self.runs = [replace(run, closed=False) if run.closed else run for run in self.runs]

    def used_names(self) -> set[str]:
        """Return the names of the existing nodes that serve something."""
        return {name for run in self.runs if run.content for name in run.names}

    def cost(self) -> float:
        """Return the dollars an hour of all new nodes."""
        return sum(run.candidate.cost * run.count for run in self.runs if run.candidate)

    def take_planned(self, needs: Sequence[Need]) -> list[Need]:
        """Put on nodes what they were launched for, as far as it still waits; return the rest."""
        wanted = {need.key: need for need in needs}
        runs: list[NodeRun] = []
        for run in self.runs:
            if not run.planned:
                runs.append(run)
                continue
            for place in range(run.count):
                content = _still_wanted(run, wanted)
                for need, times in content:
                    wanted[need.key] = replace(
                        wanted[need.key], count=wanted[need.key].count - times
                    )
                runs.append(run.laden(content, start=place, stop=place + 1))
        self.runs = runs
        return [need for need in wanted.values() if need.count]

    def serve(self, need: Need) -> int:
        """Place what can be placed; return how many are left, which are noted too."""
        left = self._fill(need)
        for candidate in self.fitting(need):
            if not left:
                break
            left = self._open(candidate, need, left=left)
        if left:
            self.left.append((need, left))
        return left

    def fitting(self, need: Need) -> list[Candidate]:
        """Return the candidates whose empty nodes can take one of `need`, the preferred first."""
        fits = [
            (
                candidate,
                times_in(candidate.brings, need.amounts, at_most=1 if need.apart else need.count),
            )
            for candidate in self.candidates
            if need.accepts(candidate.labels)
        ]
        fits = [(candidate, times) for candidate, times in fits if times]
        if self.by_price:
            fits.sort(key=lambda fit: (fit[0].cost / fit[1], fit[0].cost))
        else:  # those of one place by price
            spares_gpus = "GPU" not in need.amounts
            fits.sort(
                key=lambda fit: (
                    fit[0].rank,
                    spares_gpus and "GPU" in fit[0].brings,
                    fit[0].cost / fit[1],
                    fit[0].cost,
                )
            )
        return [candidate for candidate, _ in fits]

    def _fill(self, need: Need) -> int:
        left, runs = need.count, list[NodeRun]()
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

    def _open(self, candidate: Candidate, need: Need, *, left: int) -> int:
        each = times_in(candidate.brings, need.amounts, at_most=1 if need.apart else left)
        count = min(-(-left // each), self.limits.room(candidate).nodes)
        if count == 0:
            return left
        served = min(left, each * count)
        self.limits.take(candidate, count=count)
        opened = new_run(candidate, count=count).serve(need, each=each, served=served)
        self.runs.extend(opened)
        return left - served


def _still_wanted(run: NodeRun, wanted: Mapping[tuple[object, ...], Need]) -> Content:
    """Return what one node of a run takes of what it was launched for."""
    free, content = run.free, list[tuple[Need, int]]()
    for planned, times in run.planned:
        need = wanted.get(planned.key)
        if need is None or not need.accepts(run.labels):
            continue
        if count := times_in(free, need.amounts, at_most=min(times, need.count)):
            content.append((need, count))
            free = less(free, need.amounts, times=count)
    return tuple(content)


def new_run(candidate: Candidate, *, count: int) -> NodeRun:
    """Return `count` empty new nodes."""
    return NodeRun(free=candidate.brings, labels=candidate.labels, count=count, candidate=candidate)


def unserved(packing: Packing) -> int:
    """Return how many copies found no place."""
    return sum(count for _, count in (*packing.left, *packing.undecided))


def nodes_opened(runs: Iterable[NodeRun]) -> int:
    """Return how many of the nodes are new."""
    return sum(run.count for run in runs if run.candidate)
