"""What the planner would do if some nodes were gone and their work looked for a place."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from domain.configuration.ray_labels import ACCELERATOR
from domain.demand import LabelSelector, Shape
from domain.demand.reserved import bundles_of, reserved
from domain.offerings import Market
from domain.planner.amounts import exact
from domain.planner.candidates import candidates, labels_of, of_node
from domain.planner.consolidation.quick_fit import Fit, fitting
from domain.planner.explanation import sentences
from domain.planner.limits import Limits, pending_or_ready
from domain.planner.mixing import on_demand_wanted
from domain.planner.model import Launch, NodePhase, NodeView, Plan, PlannedGroup, PlanRequest
from domain.planner.plan import plan
from domain.planner.units.room import NOTHING, broken_units, units_of
from domain.planner.units.there import free_on

_NO_WORK = ("object_store_memory", "node:")
# Ray gives these to a node by itself; hardly any task asks for them.
_RAYS_OWN = "ray.io/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What became of the work: `why` says in words what stands against it, "" if nothing does."""

    plan: Plan
    launch: Launch | None = None
    why: str = ""


def quickly(
    request: PlanRequest, gone: Collection[str], *, below: Decimal, idle: Collection[str] = ()
) -> Fit:
    """Return where the work of the nodes `gone` may fit, a new node costing less than `below`."""
    return fitting(_without(request, gone, idle=idle), below=below)


def tried(request: PlanRequest, gone: Collection[str], *, idle: Collection[str] = ()) -> Trial:
    """Return whether all work has a place without the nodes `gone`, with one new node at most.

    Nor does it go to the nodes `idle`, which go by themselves if nothing comes.
    """
    answer = plan(_without(request, gone, idle=idle))
    launch = answer.launches[0] if answer.launches else None
    return Trial(plan=answer, launch=launch, why=_against(request, answer, gone, launch))


def going_idle(request: PlanRequest) -> frozenset[str]:
    """Return the idle nodes that go in time, when nothing comes that could use them."""
    if all(node.idle_seconds is None for node in request.nodes):
        return frozenset()
    groups = tuple(replace(group, idle_seconds=0) for group in request.groups)
    answer = plan(replace(request, groups=groups, most_idle_drains=None))
    return frozenset(drain.node for drain in answer.drains if drain.idle)


def used(node: NodeView) -> dict[str, float]:
    """Return what work holds of a node; objects move by themselves."""
    held = {
        name: total - node.free.get(name, 0)
        for name, total in node.total.items()
        if not name.startswith(_NO_WORK) and not reserved(name)
        if total - node.free.get(name, 0) > 1e-6
    }
    return held | {name: float(_touched(node, name)) for name in broken_units(exact(held), NOTHING)}


def _touched(node: NodeView, name: str) -> int:
    """Return on how many GPUs the work may lie that holds fractions of several."""
    if name in node.units:
        return sum(free < 1 for free in node.units[name])
    free, parts = free_on(exact(node.free), exact(node.total), pieces_of_work=node.work.pieces)
    return int(node.total[name]) - units_of(free, parts, name).whole


def _without(request: PlanRequest, gone: Collection[str], *, idle: Collection[str]) -> PlanRequest:
    """Return the request with the work of the nodes `gone` waiting beside what waits.

    Each node's work is one bundle: where that fits, its parts fit. A bundle of a placement group
    goes to no node that has another one of the same group, which STRICT_SPREAD may ask for.
    """
    leaving = [node for node in request.nodes if node.name in gone]
    apart = {name for node in leaving for name in bundles_of(node.total)}
    staying = tuple(
        replace(node, phase=NodePhase.LEAVING) if node.name in idle else _marked(node, apart)
        for node in request.nodes
        if node.name not in gone
    )
    work = tuple(_work(request, node) for node in leaving if used(node))
    demand = replace(request.demand, shapes=(*request.demand.shapes, *work))
    head_free = {} if apart & {*bundles_of(request.head_total)} else request.head_free
    return replace(request, nodes=staying, demand=demand, head_free=head_free, most_idle_drains=0)


def _marked(node: NodeView, apart: Collection[str]) -> NodeView:
    marks = {f"bundle/{bundle}": "yes" for bundle in bundles_of(node.total) if bundle in apart}
    return replace(node, labels={**node.labels, **marks}) if marks else node


def _work(request: PlanRequest, node: NodeView) -> Shape:
    holds = used(node)
    selectors = (
        *_labels_to_keep(request, node, has_gpu="GPU" in holds),
        *(
            LabelSelector(key=f"bundle/{bundle}", operator="not in", values=("yes",))
            for bundle in sorted(set(bundles_of(node.total)))
        ),
    )
    return Shape(resources=holds, count=1, selectors=selectors)


def _labels_to_keep(
    request: PlanRequest, node: NodeView, *, has_gpu: bool
) -> Iterator[LabelSelector]:
    """Yield the labels that the work may have asked for: nobody says which it did."""
    for key, value in sorted(labels_of(node, of_node(request)).items()):
        if not key.startswith(_RAYS_OWN) or (key == ACCELERATOR and has_gpu):
            yield LabelSelector(key=key, operator="in", values=(value,))


def _against(
    request: PlanRequest, answer: Plan, gone: Collection[str], launch: Launch | None
) -> str:
    if answer.unserved:
        return f"the work fits nowhere else: {answer.unserved[0].reason}"
    if answer.drains:
        return "the cluster is already above its maximum"
    if sum(launch.count for launch in answer.launches) > 1:
        count = sum(launch.count for launch in answer.launches)
        return f"it needs {count} new nodes; at most one is allowed"
    if launch is None:
        return ""
    return _no_room(request, launch) or _not_spot(request, gone, launch)


def _no_room(request: PlanRequest, launch: Launch) -> str:
    """The new node comes before the old ones go: for a while there are all of them."""
    limits = Limits(request, kept=pending_or_ready(request.nodes))
    wanted = (launch.group, launch.instance_type, launch.market, launch.zone)
    candidate = next(candidate for candidate in candidates(request) if candidate.key == wanted)
    room = limits.room(candidate)
    return "" if room.nodes else f"the new node must launch first, but {sentences.stop(room.stop)}"


def _not_spot(request: PlanRequest, gone: Collection[str], launch: Launch) -> str:
    """Where spot is allowed, the new node is spot: without it, better none than a dearer one."""
    group = next(group for group in request.groups if group.name == launch.group)
    has_spot = any(offer.market is Market.SPOT for offer in group.offers)
    if launch.market is Market.SPOT or not has_spot or _completes_floor(request, gone, group):
        return ""
    return f"group {group.name} may use spot, and the new node would not be spot"


def _completes_floor(request: PlanRequest, gone: Collection[str], group: PlannedGroup) -> bool:
    own = [
        node
        for node in pending_or_ready(request.nodes)
        if node.group == group.name and node.name not in gone
    ]
    on_demand = sum(node.market is Market.ON_DEMAND for node in own)
    return on_demand < on_demand_wanted(group, nodes=len(own) + 1)
