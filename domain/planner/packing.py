"""Demand on nodes: which of them hold how many of which need."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from domain.demand import LabelSelector
from domain.planner.amounts import Amounts, less, times_in
from domain.planner.candidates import Candidate, preferred
from domain.planner.explanation.causes import Purpose
from domain.planner.limits import Limits
from domain.planner.units.need import Content, Need
from domain.planner.units.room import NOTHING, Parts, parts_after


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRun:
    """Equal nodes that stand next to each other in the order in which nodes are tried."""

    free: Amounts
    labels: Mapping[str, str]
    parts: Parts = field(default_factory=lambda: NOTHING)  # free of partly used GPUs
    count: int = 1
    names: tuple[str, ...] = ()  # of nodes that are there already
    candidate: Candidate | None = None  # of nodes that are new
    content: Content = ()
    planned: Content = ()  # what they were launched for
    purpose: Purpose | None = None  # why new nodes are rented, where no demand says it
    selectors: tuple[LabelSelector, ...] = ()  # that new nodes answer to, beside their content's
    further: bool = False  # hosts of slices, but not their first
    closed: bool = False  # holds a bundle that wants no other of its placement group beside it

    @property
    def empty(self) -> Amounts:
        """What one of the new nodes brings."""
        if self.candidate is None:
            raise ValueError("What a node that is there brought is not known.")
        return self.candidate.further if self.further else self.candidate.brings

    def holds(self, need: Need) -> int:
        """Return how many of `need` one of these nodes takes."""
        if self.closed or not need.accepts(self.labels):
            return 0
        return need.copies_in(self.free, self.parts, at_most=need.most)

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
        """Return some of the nodes with more on them, which must fit."""
        parts = self._parts_with(content)
        if parts is None:
            raise ValueError("The units of the node do not hold this.")
        free = self.free
        for need, times in content:
            free = less(free, need.amounts, times=times)
        return replace(
            self,
            free=free,
            parts=parts,
            count=stop - start,
            names=self.names[start:stop],
            content=(*self.content, *content),
            closed=any(need.apart for need, _ in content),
        )

    def fitting(self, content: Content) -> Content:
        """Return what the units of one node hold of content that fits but for them."""
        if self._parts_with(content) is not None:
            return content
        run, held = self, list[tuple[Need, int]]()
        for need, times in content:
            if taken := need.copies_in(run.free, run.parts, at_most=times):
                run = run.laden(((need, taken),), start=0, stop=1)
                held.append((need, taken))
        return tuple(held)

    def _parts_with(self, content: Content) -> Parts | None:
        wanted = ((need.amounts, need.split, times) for need, times in content)
        return parts_after(self.free, self.parts, wanted)


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

    def fallbacks(self) -> int:
        """Return how many fallbacks were passed on to for what is placed, in all."""
        return sum(
            times * run.count * len(need.tried) for run in self.runs for need, times in run.content
        )

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
        if left := self.place(need):
            self.left.append((need, left))
        return left

    def place(self, need: Need) -> int:
        """Place what can be placed; return how many are left."""
        left = self._fill(need)
        for candidate in self.fitting(need):
            if not left:
                break
            left = self._open(candidate, need, left=left)
        return left

    def could_take(self, need: Need) -> bool:
        """Return whether any node, or one that may be opened, could take one of `need` alone."""
        return any(run.holds(need) for run in self.runs) or any(
            self.limits.room(candidate).nodes for candidate in self.fitting(need)
        )

    def fitting(self, need: Need) -> list[Candidate]:
        """Return the candidates whose empty nodes can take one of `need`, the preferred first."""
        fits = [
            (candidate, _copies_on(candidate, need))
            for candidate in self.candidates
            if need.accepts(candidate.labels)
        ]
        fits = [(candidate, times) for candidate, times in fits if times]
        return preferred(fits, by_price=self.by_price, needs_gpu="GPU" in need.amounts)

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
        if candidate.hosts > 1:
            return self._open_slices(candidate, need, left=left)
        each = need.copies_in(candidate.brings, at_most=min(need.most, left))
        count = min(-(-left // each), self.limits.room(candidate).nodes)
        if count == 0:
            return left
        served = min(left, each * count)
        self.limits.take(candidate, count=count)
        opened = new_run(candidate, count=count).serve(need, each=each, served=served)
        self.runs.extend(opened)
        return left - served

    def _open_slices(self, candidate: Candidate, need: Need, *, left: int) -> int:
        while left and self.limits.room(candidate).nodes:
            self.limits.take(candidate, count=candidate.hosts)
            for run in new_runs(candidate, count=candidate.hosts):
                if each := min(run.holds(need), left):
                    served = min(left, each * run.count)
                    left -= served
                    self.runs.extend(run.serve(need, each=each, served=served))
                else:
                    self.runs.append(run)
        return left


def _copies_on(candidate: Candidate, need: Need) -> int:
    """Return how many of a need one empty node, or one slice, takes."""
    first = need.copies_in(candidate.brings, at_most=need.most)
    if candidate.hosts == 1:
        return first
    further = need.copies_in(candidate.further, at_most=need.most)
    return min(need.count, first + (candidate.hosts - 1) * further)


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
    return run.fitting(tuple(content))


def new_run(candidate: Candidate, *, count: int) -> NodeRun:
    """Return `count` empty new nodes."""
    return NodeRun(free=candidate.brings, labels=candidate.labels, count=count, candidate=candidate)


def new_runs(candidate: Candidate, *, count: int) -> Iterator[NodeRun]:
    """Yield `count` empty new nodes, the first hosts of slices last: others may need them."""
    if candidate.hosts == 1:
        yield new_run(candidate, count=count)
        return
    first = new_run(candidate, count=count // candidate.hosts)
    further = count - first.count
    yield replace(first, free=candidate.further, count=further, further=True)
    yield first
