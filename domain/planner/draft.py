"""The plan: what must go, what must stand anyway, what waits for room, and what idles."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import groupby

from domain.demand import Resources, Shape
from domain.planner import choices
from domain.planner.amounts import exact, plain
from domain.planner.candidates import Candidate, candidates, of_node
from domain.planner.explanation.causes import STANDING_REQUEST, Purpose, Stop
from domain.planner.limits import Limits, floor, pending_or_ready, raised_floor
from domain.planner.mixing import mixed
from domain.planner.model import (
    Launch,
    NodePhase,
    NodeView,
    Pack,
    Plan,
    PlannedGroup,
    PlanRequest,
    Ranking,
    Unserved,
)
from domain.planner.needs import ordered_gangs, ordered_needs
from domain.planner.nodes.runs import run_of_head, runs_of
from domain.planner.nodes.slices import by_name, by_slices, with_first_hosts
from domain.planner.packing import NodeRun, Packing, new_runs
from domain.planner.scale_in import idle_drains, removals
from domain.planner.serving import best_served
from domain.planner.units.room import NOTHING


def drafted(request: PlanRequest) -> Plan:
    """Return the plan for machines in any of the zones that the request offers."""
    removed = removals(request)
    gone = {drain.node for drain in removed}
    there = [node for node in pending_or_ready(request.nodes) if node.name not in gone]
    kept = with_first_hosts(there, request)
    draft = _Draft(request, kept=kept)
    draft.keep_minimum()
    draft.serve_standing_requests()
    draft.keep_resources()
    draft.serve_demand()
    draft.keep_spares()
    launches = tuple(draft.launches())
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
        hourly_usd=_hourly_usd(draft.limits, staying, launches),
    )


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
        self.needed: set[str] = set()
        self.placements: dict[str, tuple[Shape, ...]] = {}

    def keep_minimum(self) -> None:
        """Rent what a group lacks to its minimum, and to what strategies raise it to."""
        for group in self.request.groups:
            least = raised_floor(group) if self.request.autoscaling else floor(group)
            missing = least - self.limits.nodes.get(group.name, 0)
            stops = self._rent(self._own(group), count=missing, purpose=choices.minimum(group))
            missing = least - self.limits.nodes.get(group.name, 0)
            if missing > 0:
                self.unserved.append(choices.minimum_missed(group, count=missing, stops=stops))

    def serve_standing_requests(self) -> None:
        """Make the cluster as a whole, used or not, large enough for the standing requests."""
        rooms = [(node, node.total) for node in self.kept]
        packing = self._packing(self.request.head_total, rooms)
        requests = self.request.demand.standing_requests
        for need in ordered_needs(requests, self.candidates, source=STANDING_REQUEST):
            packing.serve(need)
        self.limits = packing.limits
        self.unserved += choices.unserved(packing)
        self.needed |= packing.used_names()
        self.new = [
            replace(
                run,
                free=run.empty,
                parts=NOTHING,
                content=(),
                purpose=choices.standing(run),
                selectors=tuple(selector for need, _ in run.content for selector in need.selectors),
            )
            for run in packing.runs
            if run.candidate
        ]

    def keep_resources(self) -> None:
        """Rent what the cluster as a whole lacks to its minimum of each resource."""
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
        packing = best_served(base, needs, ordered_gangs(demand.gangs, self.candidates))
        self.limits = packing.limits
        self.unserved += choices.unserved(packing)
        self.needed |= packing.used_names()
        self.new = [run for run in packing.runs if run.candidate]
        self.placements = {
            name: tuple(_shapes(run)) for run in packing.runs if run.content for name in run.names
        }

    def keep_spares(self) -> None:
        """Keep some nodes of a group free: they start work at once."""
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

    def launches(self) -> Iterator[Launch]:
        """Yield the launches, one for each machine and purpose, in the order of their opening."""
        runs = mixed(self.request, self.kept, self.new, machines=self.candidates)
        for _, alike in groupby(_sorted_by_opening(runs), key=_opening):
            yield self._launch(list(alike))

    def _launch(self, runs: list[NodeRun]) -> Launch:
        candidate = runs[0].candidate
        if candidate is None:
            raise ValueError("Only new nodes are launched.")
        # Hosts of slices that are for nothing keep their place.
        packs = [
            Pack(count=run.count, shapes=tuple(_shapes(run)))
            for run in by_slices(runs)
            if run.content or candidate.hosts > 1
        ]
        return Launch(
            group=candidate.group.name,
            instance_type=candidate.offer.instance_type,
            market=candidate.offer.market,
            zone=candidate.offer.zone,
            count=sum(run.count for run in runs),
            hourly_usd=candidate.offer.hourly_usd,
            packs=tuple(packs),
            cause=choices.launch_cause(
                runs, self.request, candidates=self.candidates, limits=self.limits
            ),
        )

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
                run_of_head(head, self.request.head_total),
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


def _opening(run: NodeRun) -> tuple[object, ...]:
    return (run.candidate.key if run.candidate else None), run.purpose


def _sorted_by_opening(runs: list[NodeRun]) -> list[NodeRun]:
    """Return the runs with those of one machine and purpose together, in the order of the first."""
    first: dict[object, int] = {}
    for place, run in enumerate(runs):
        first.setdefault(_opening(run), place)
    return sorted(runs, key=lambda run: first[_opening(run)])


def _shapes(run: NodeRun) -> Iterator[Shape]:
    for need, count in run.content:
        yield need.shape(count=count)


def _is_free(node: NodeView) -> bool:
    return node.phase is NodePhase.PENDING or node.free == node.total


def _cheapest_first(node: NodeView) -> tuple[object, ...]:
    return (node.hourly_usd or Decimal(0), *by_name(node))


def _hourly_usd(
    limits: Limits, staying: Iterable[NodeView], launches: Iterable[Launch]
) -> Decimal | None:
    """Return what all workers cost once the plan is carried out; None where a price is missing."""
    total = Decimal(0)
    for node in staying:
        price = limits.price_of(node)
        if price is None:
            return None
        total += price
    for launch in launches:
        if launch.hourly_usd is None:
            return None
        total += launch.hourly_usd * launch.count
    return total
