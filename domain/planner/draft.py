"""The plan: what must go, what must stand anyway, what waits for room, and what idles."""

from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import replace
from decimal import Decimal

from domain.demand import Resources, Shape
from domain.planner import choices
from domain.planner.alternatives import served, with_bundles_apart
from domain.planner.amounts import exact, plain
from domain.planner.candidates import Candidate, candidates, of_node
from domain.planner.explanation.causes import STANDING_REQUEST, Purpose, Stop
from domain.planner.launches.launched import hourly_usd, launched, shapes_of
from domain.planner.limits import Limits, floor, pending_or_ready, raised_floor
from domain.planner.mixing import mixed
from domain.planner.model import (
    NodePhase,
    NodeView,
    Plan,
    PlannedGroup,
    PlanRequest,
    Ranking,
    Unserved,
)
from domain.planner.needs import ordered_gangs, ordered_needs
from domain.planner.nodes.runs import run_of_head, runs_of
from domain.planner.nodes.slices import by_name, with_first_hosts
from domain.planner.packing import NodeRun, Packing, new_runs
from domain.planner.scale_in import idle_drains, removals
from domain.planner.standing.keeping import Kept, kept_cheapest, rooms_of
from domain.planner.standing.new_nodes import answering, new_rooms, with_standing, without
from domain.planner.units.need import Need
from domain.planner.units.room import NOTHING


def drafted(request: PlanRequest) -> Plan:
    """Return the plan for machines in any of the zones that the request offers."""
    request = with_bundles_apart(request)
    removed = removals(request)
    gone = {drain.node for drain in removed}
    there = [node for node in pending_or_ready(request.nodes) if node.name not in gone]
    kept = with_first_hosts(there, request)
    draft = _Draft(request, kept=kept)
    draft.keep_minimum()
    draft = min(_ways(draft), key=_quality)
    draft.keep_for_standing_requests()
    draft.keep_spares()
    runs = mixed(request, draft.kept, draft.new, machines=draft.candidates)
    launches = tuple(launched(runs, request, candidates=draft.candidates, limits=draft.limits))
    idle = idle_drains(
        request, kept=kept, needed=draft.needed, limits=draft.limits, launches=launches
    )
    going = {drain.node for drain in idle}
    staying = [node for node in kept if node.name not in going]
    return Plan(
        launches=launches,
        drains=(*removed, *idle),
        unserved=choices.merged(draft.unserved),
        placements=draft.placements,
        fallbacks=draft.fallbacks,
        hourly_usd=hourly_usd(draft.limits, staying, launches),
    )


def _ways(draft: "_Draft") -> Iterator["_Draft"]:
    """Yield the plan with the standing requests served before the demand, and after it.

    One of the two may need fewer new nodes, since each may use those of the other.
    """
    other = draft.fork()
    launches = draft.serve_standing_requests()
    draft.keep_resources()
    draft.serve_demand()
    yield draft
    if launches and draft.placed and draft.request.ranking is Ranking.PRICE:
        other.serve_demand()
        other.serve_standing_requests()
        other.keep_resources()
        yield other


def _quality(draft: "_Draft") -> tuple[int, float, int]:
    usd = sum(run.candidate.cost * run.count for run in draft.new if run.candidate)
    waiting = sum(left.count for left in draft.unserved)
    return waiting, round(usd, 9), sum(run.count for run in draft.new if run.candidate)


class _Draft:
    """A plan in the making."""

    def __init__(self, request: PlanRequest, *, kept: list[NodeView]) -> None:
        self.request = request
        self.kept = sorted(kept, key=self._order)
        self.candidates = candidates(request)
        self.limits = Limits(request, kept=kept)
        self.offers = of_node(request)
        self.new: list[NodeRun] = []
        self.unserved: list[Unserved] = []
        self.standing = ordered_needs(
            request.demand.standing_requests, self.candidates, source=STANDING_REQUEST
        )
        self.needed: set[str] = set()
        self.placed = False  # whether something that waits has a place
        self.placements: dict[str, tuple[Shape, ...]] = {}
        self.fallbacks = 0

    def fork(self) -> "_Draft":
        """Return a copy that goes another way."""
        twin = copy(self)
        twin.limits, twin.new = self.limits.fork(), self.new.copy()
        twin.unserved, twin.needed = self.unserved.copy(), self.needed.copy()
        return twin

    def keep_minimum(self) -> None:
        """Rent what a group lacks to its minimum, and to what strategies raise it to."""
        self.limits.pace.is_free = True
        for group in self.request.groups:
            least = raised_floor(group) if self.request.autoscaling else floor(group)
            missing = least - self.limits.nodes.get(group.name, 0)
            stops = self._rent(self._own(group), count=missing, purpose=choices.minimum(group))
            missing = least - self.limits.nodes.get(group.name, 0)
            if missing > 0:
                self.unserved.append(choices.minimum_missed(group, count=missing, stops=stops))

    def serve_standing_requests(self) -> bool:
        """Launch what the cluster as a whole, used or not, lacks for the standing requests."""
        kept = self._kept_cheapest(self.standing)
        if not kept.left:
            self.new = with_standing(self.new, kept.contents)
            return False
        self.limits.pace.is_free = True
        rooms = [(node, node.total) for node in self.kept]
        new = [NodeRun(free=r.total, labels=r.labels, names=(r.name,)) for r in new_rooms(self.new)]
        base = replace(self._packing(self.request.head_total, rooms), limits=self.limits)
        base.runs = [run for run in base.runs if not run.candidate] + new
        packing = served(base, self.standing, ())
        self.limits = packing.limits
        self.unserved += choices.unserved(packing)
        self.standing = without(self.standing, packing.left)
        contents = [(n, run.content) for run in packing.runs if run.content for n in run.names]
        self.new = with_standing(self.new, contents)
        self.new += [
            answering(
                replace(run, free=run.empty, parts=NOTHING, content=()),
                run.content,
                count=run.count,
            )
            for run in packing.runs
            if run.candidate
        ]
        return True

    def keep_for_standing_requests(self) -> None:
        """Keep the cheapest of the nodes that the standing requests lie on."""
        if not self.standing:
            return
        kept = self._kept_cheapest(self.standing)
        if kept.left:  # the search does not find again what it found before: nothing goes
            self.needed |= {node.name for node in self.kept}
            return
        self.needed |= kept.names
        self.new = with_standing(self.new, kept.contents)

    def _kept_cheapest(self, needs: list[Need]) -> Kept:
        there = rooms_of(self.request, self.kept, needed=self.needed, limits=self.limits)
        head = run_of_head(self.request.head_total, self.request)
        rooms = [*there, *new_rooms(self.new)]
        return kept_cheapest(needs, head=head, rooms=rooms, ranking=self.request.ranking)

    def keep_resources(self) -> None:
        """Rent what the cluster as a whole lacks to its minimum of each resource."""
        self.limits.pace.is_free = True
        for name, wanted in sorted(exact(self.request.min_resources).items()):
            least = plain({name: wanted})
            stops: list[Stop] = []
            for machine in self._by_share(name):
                missing = wanted - self.limits.totals.get(name, 0)
                if missing <= 0:
                    break
                count = -(-missing // machine.brings[name])
                stops += self._rent([machine], count=count, purpose=choices.min_resource(least))
            if (missing := wanted - self.limits.totals.get(name, 0)) > 0:
                lacking = plain({name: missing})
                missed = choices.min_resource_missed(least, missing=lacking, stops=stops)
                self.unserved.append(missed)

    def serve_demand(self) -> None:
        """Place what waits; placement groups want all or nothing."""
        rooms = [(node, node.free) for node in self.kept]
        base = self._packing(self.request.head_free, rooms)
        demand = self.request.demand
        needs = ordered_needs(demand.shapes, self.candidates)
        gangs = ordered_gangs(demand.gangs, self.candidates)
        if gangs and base.limits.pace.limits:  # Ray's pace holds back no placement groups
            base.limits.pace.is_free = True
            base.limits.pace.allow(served(base, (), gangs).limits.pace)
        base.limits.pace.is_free = False
        packing = served(base, needs, gangs)
        self.limits = packing.limits
        self.unserved += choices.unserved(packing)
        self.needed |= packing.used_names()
        self.new = [run for run in packing.runs if run.candidate]
        self.fallbacks = packing.fallbacks()
        self.placed = any(run.content for run in packing.runs)
        self.placements = {
            name: tuple(shapes_of(run)) for run in packing.runs if run.content for name in run.names
        }

    def keep_spares(self) -> None:
        """Keep some nodes of a group free: they start work at once."""
        self.limits.pace.is_free = False
        for group in self.request.groups:
            own = [node for node in self.kept if node.group == group.name]
            free = [node for node in own if node.name not in self.placements and _is_free(node)]
            # What stands for a standing request is free, too: it is kept anyway.
            free.sort(key=lambda node: (node.name not in self.needed, *_cheapest_first(node)))
            mine = [run for run in self.new if run.candidate and run.candidate.group is group]
            working = len(own) - len(free) + sum(run.count for run in mine if run.content)
            spare = group.spare(working=working)
            lacking = max(0, spare - sum(run.count for run in mine if not run.content))
            self.needed |= {node.name for node in free[:lacking]}
            missing = lacking - len(free)
            # A spare that cannot be had is nobody's demand: it does not wait.
            self._rent(self._own(group), count=missing, purpose=choices.spare(group, nodes=spare))

    def _rent(self, machines: Iterable[Candidate], *, count: int, purpose: Purpose) -> list[Stop]:
        """Rent so many nodes, the first machines first; return what stopped those passed over."""
        stops: list[Stop] = []
        for machine in machines:
            if count <= 0:
                break
            room = self.limits.room(machine)
            stops.append(room.stop)
            whole = -(-count // machine.hosts) * machine.hosts
            if taken := min(whole, room.nodes):
                self.limits.take(machine, count=taken)
                runs = new_runs(machine, count=taken)
                self.new += [replace(run, purpose=purpose) for run in runs]
                count -= taken
        return stops

    def _own(self, group: PlannedGroup) -> list[Candidate]:
        """Return the machines of a group, the preferred first."""
        own = [machine for machine in self.candidates if machine.group is group]
        by_price = self.request.ranking is Ranking.PRICE
        return sorted(own, key=lambda machine: machine.cost) if by_price else own

    def _by_share(self, name: str) -> list[Candidate]:
        """Return the machines that have a resource, the cheapest of it first."""
        having = [machine for machine in self.candidates if machine.brings.get(name)]
        if self.request.ranking is Ranking.PRICE:
            return sorted(having, key=lambda machine: machine.cost / machine.brings[name])
        return sorted(having, key=lambda machine: "GPU" in machine.brings and name != "GPU")

    def _packing(self, head: Resources, nodes: list[tuple[NodeView, Resources]]) -> Packing:
        """Return the head, the nodes and the new ones so far, in the order they are filled."""
        return Packing(
            candidates=self.candidates,
            runs=[
                run_of_head(head, self.request),
                *runs_of(nodes, self.offers, self.request.demand.shapes),
                *self.new,
            ],
            limits=self.limits,
            by_price=self.request.ranking is Ranking.PRICE,
        )

    def _order(self, node: NodeView) -> tuple[object, ...]:
        """Order nodes as they are filled: busy ones first, so that idle ones can go.

        Nodes to come are filled in the order of their names, which is the order in which earlier
        plans opened them: so the next plan puts the same demand on them.
        """
        if node.phase is NodePhase.PENDING:
            return (1, *by_name(node))
        return (
            0,
            node.total.get("GPU", 0) > 0,
            node.idle_seconds is not None,
            node.idle_seconds or 0,
            *by_name(node),
        )


def _is_free(node: NodeView) -> bool:
    return node.phase is NodePhase.PENDING or node.free == node.total


def _cheapest_first(node: NodeView) -> tuple[object, ...]:
    return (node.hourly_usd or Decimal(0), *by_name(node))
