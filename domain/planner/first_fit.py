"""First fit: the largest shapes first, on free room, then on the first group that fits."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby

from domain.demand import Gang, Resources
from domain.planner import reasons
from domain.planner.amounts import exact, plain
from domain.planner.limits import Limits, floor, pending_or_ready
from domain.planner.model import Launch, NodePhase, NodeView, Plan, PlanRequest, Unserved
from domain.planner.needs import gang_needs, ordered_gangs, ordered_needs
from domain.planner.packing import Need, Packing, Run, new_run
from domain.planner.scale_in import by_name, idle_drains, removals


def plan(request: PlanRequest) -> Plan:
    """Return which nodes to launch and which to give back, each with its reason.

    The same request always gives the same plan. A plan that was carried out is followed by an
    empty one, with the two exceptions that docs/scaling.md names.
    """
    removed = removals(request)
    gone = {drain.node for drain in removed}
    kept = [node for node in pending_or_ready(request.nodes) if node.name not in gone]
    draft = _Draft(request, kept=kept)
    draft.keep_minimum()
    draft.serve_floors()
    draft.keep_resources()
    draft.serve_demand()
    idle = idle_drains(request, kept=kept, needed=draft.needed, limits=draft.limits)
    return Plan(
        launches=tuple(draft.launches),
        drains=(*removed, *idle),
        unserved=reasons.merged(draft.unserved),
        hourly_usd=_hourly_usd(request, draft.limits),
    )


class _Draft:
    """A plan in the making: first what must stand anyway, then what waits for room on it."""

    def __init__(self, request: PlanRequest, *, kept: list[NodeView]) -> None:
        self.request = request
        self.groups = {group.name: group for group in request.groups}
        self.nodes = sorted(kept, key=self._order)
        self.limits = Limits(request, kept=kept)
        self.launches: list[Launch] = []
        self.unserved: list[Unserved] = []
        self.needed: set[str] = set()

    def keep_minimum(self) -> None:
        """Launch what a group lacks to its minimum."""
        for group in self.request.groups:
            brings = exact(group.resources)
            missing = floor(group) - self.limits.nodes.get(group.name, 0)
            room = self.limits.room(group, brings)
            count = max(0, min(missing, room.nodes))
            if count:
                self.limits.take(group, brings, count=count)
                self.launches.append(reasons.minimum_launch(group, count=count))
            if missing > count:
                self.unserved.append(
                    reasons.minimum_missed(group, count=missing - count, stop=room.stop)
                )

    def serve_floors(self) -> None:
        """Make the cluster as a whole, used or not, large enough for the standing requests."""
        packing = self._packing(
            self.request.head_total, [(node, node.total) for node in self.nodes]
        )
        whose = "of a standing request"
        for need in ordered_needs(self.request.demand.floors, self.request.groups, whose=whose):
            self._serve(need, packing)
        self._adopt(packing)

    def keep_resources(self) -> None:
        """Launch what the cluster as a whole lacks to its minimum of each resource."""
        for name, wanted in sorted(exact(self.request.min_resources).items()):
            packing = self._packing({}, [])
            stops: list[str] = []
            for group in packing.fitting(Need(amounts={name: 1}, count=1)):
                missing = wanted - self.limits.totals.get(name, 0)
                if missing <= 0:
                    break
                brings = packing.brings[group.name]
                room = self.limits.room(group, brings)
                stops.append(room.stop)
                if count := min(-(-missing // brings[name]), room.nodes):
                    self.limits.take(group, brings, count=count)
                    least = plain({name: wanted})
                    self.launches.append(reasons.resource_launch(group, count=count, least=least))
            if (missing := wanted - self.limits.totals.get(name, 0)) > 0:
                self.unserved.append(reasons.resource_missed(plain({name: missing}), stops=stops))

    def serve_demand(self) -> None:
        """Place what waits: placement groups first, since they want all or nothing."""
        packing = self._packing(self.request.head_free, [(node, node.free) for node in self.nodes])
        for gang in ordered_gangs(self.request.demand.gangs, self.request.groups):
            packing = self._serve_gang(gang, packing)
        for need in ordered_needs(self.request.demand.shapes, self.request.groups):
            self._serve(need, packing)
        self._adopt(packing)

    def _serve(self, need: Need, packing: Packing) -> None:
        left, stops = packing.serve(need)
        if left:
            self.unserved.append(reasons.unserved(need, left=left, stops=stops, packing=packing))

    def _serve_gang(self, gang: Gang, packing: Packing) -> Packing:
        """Return the packing with the whole placement group on it, or as it was."""
        trial = packing.fork()
        needs = gang_needs(gang, self.request.groups)
        for need in needs:
            left, stops = trial.serve(need)
            if left:
                missed = reasons.unserved(need, left=left, stops=stops, packing=packing)
                self.unserved += reasons.gang_missed(needs, missed=missed)
                return packing
        trial.reopen()
        return trial

    def _packing(self, head: Resources, nodes: list[tuple[NodeView, Resources]]) -> Packing:
        """Return the head, the nodes and the launches so far, in the order they are filled."""
        runs = [Run(free=exact(head), labels={}), *self._runs(nodes)]
        runs += [new_run(self.groups[launch.group], count=launch.count) for launch in self.launches]
        return Packing(self.request.groups, runs=runs, limits=self.limits)

    def _runs(self, nodes: list[tuple[NodeView, Resources]]) -> Iterator[Run]:
        rooms = [(node.name, node.group, exact(room)) for node, room in nodes]
        for (group, free), alike in groupby(rooms, key=lambda room: room[1:]):
            names = tuple(name for name, _, _ in alike)
            yield Run(free=free, labels=self.groups[group].labels, count=len(names), names=names)

    def _adopt(self, packing: Packing) -> None:
        """Take over what the packing opened and which nodes it needs."""
        self.limits = packing.limits
        self.launches += reasons.launches(packing.opened)
        self.needed |= packing.used_names()

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
            node.group,
            sorted(node.free.items()),
            *by_name(node),
        )


def _hourly_usd(request: PlanRequest, limits: Limits) -> Decimal | None:
    """Return the price of all workers that the limits count; None when one is not known."""
    total = Decimal(0)
    for group in request.groups:
        if count := limits.nodes.get(group.name, 0):
            if group.hourly_usd is None:
                return None
            total += group.hourly_usd * count
    return total
