"""Which nodes to give back: those of capacity that was removed, and those that idle."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from domain.offerings import Market
from domain.planner.amounts import add, exact
from domain.planner.explanation.causes import DrainCause, DrainKind
from domain.planner.limits import Limits, ceiling, pending_or_ready, raised_floor
from domain.planner.mixing import on_demand_wanted
from domain.planner.model import Drain, Launch, NodePhase, NodeView, PlannedGroup, PlanRequest
from domain.planner.nodes.slices import by_name, slices


def removals(request: PlanRequest) -> list[Drain]:
    """Return the nodes that must go, busy or not: nobody wants their place any more."""
    groups = {group.name for group in request.groups}
    nodes = pending_or_ready(request.nodes)
    drains = [
        Drain(
            node=node.name,
            label=node.shown,
            cause=DrainCause(kind=DrainKind.GROUP_REMOVED, group=node.group),
            idle=False,
        )
        for node in sorted(nodes, key=by_name)
        if node.group not in groups
    ]
    for group in request.groups:
        drains += _above_maximum(
            group,
            nodes=[node for node in nodes if node.group == group.name],
            most=ceiling(group, autoscaling=request.autoscaling),
        )
    gone = {drain.node for drain in drains}
    staying = [node for node in nodes if node.name not in gone]
    return [*drains, *_above_cluster_maximum(request, staying)]


def idle_drains(
    request: PlanRequest,
    *,
    kept: Sequence[NodeView],
    needed: Collection[str],
    limits: Limits,
    launches: Iterable[Launch] = (),
) -> list[Drain]:
    """Return the nodes that idle for longer than their group allows and that nothing needs.

    The dearest go first, then those that idle the longest. Takes them out of `limits` too. Ray is
    asked again before each goes: it may be busy by then.
    """
    groups = {group.name: group for group in request.groups}
    on_demand = Counter(node.group for node in kept if node.market is Market.ON_DEMAND)
    for launch in launches:
        on_demand[launch.group] += launch.count if launch.market is Market.ON_DEMAND else 0
    idle = [
        hosts
        for hosts in slices(kept, request.groups)
        if all(node.name not in needed and _too_idle(node, groups[node.group]) for node in hosts)
    ]
    idle.sort(key=lambda hosts: min(_worth_least(node, limits) for node in hosts))
    going: list[NodeView] = []
    # Once spot nodes are gone, fewer on-demand ones need to stay: so until no more may go.
    while some := _one_pass(
        request, [hosts for hosts in idle if hosts[0] not in going], going, on_demand, limits
    ):
        going += some
    return [
        Drain(
            node=node.name,
            label=node.shown,
            cause=DrainCause(
                kind=DrainKind.IDLE,
                group=node.group,
                idle_seconds=node.idle_seconds,
                idle_limit=groups[node.group].idle_seconds,
            ),
            idle=True,
        )
        for node in going
    ]


def _one_pass(
    request: PlanRequest,
    idle: Iterable[Sequence[NodeView]],
    going: Sequence[NodeView],
    on_demand: Counter[str],
    limits: Limits,
) -> list[NodeView]:
    """Return those of the idle nodes that may go beside those that do, and count them no more.

    The hosts of a slice go together, even where fewer nodes may go.
    """
    groups = {group.name: group for group in request.groups}
    least = exact(request.min_resources)
    most = request.most_idle_drains
    gone: list[NodeView] = []
    for hosts in idle:
        if most is not None and len(going) + len(gone) >= most:
            break
        group = groups[hosts[0].group]
        rest = limits.nodes[group.name] - len(hosts)
        if rest < raised_floor(group) or _would_miss(hosts, least, limits):
            continue
        if _belongs_on_demand(hosts[0], group, on_demand[group.name], limits):
            continue
        for node in hosts:
            limits.give_back(node)
            on_demand[group.name] -= node.market is Market.ON_DEMAND
        gone += hosts
    return gone


def _belongs_on_demand(node: NodeView, group: PlannedGroup, on_demand: int, limits: Limits) -> bool:
    """Return whether, without the node, a spot group had too few on-demand ones."""
    wanted = on_demand_wanted(group, nodes=limits.nodes[group.name] - 1)
    return node.market is Market.ON_DEMAND and on_demand <= wanted


def _worth_least(node: NodeView, limits: Limits) -> tuple[object, ...]:
    price = limits.price_of(node)
    return (-(price or 0), -(node.idle_seconds or 0), *by_name(node))


def _above_maximum(group: PlannedGroup, *, nodes: list[NodeView], most: int) -> Iterable[Drain]:
    beyond = max(0, len(nodes) - most)
    going = _least_missed(nodes, [group])[: -(-beyond // group.hosts)]
    for node in (node for hosts in going for node in hosts):
        yield _removed(node, DrainKind.ABOVE_MAXIMUM, nodes=len(nodes), most=most)


def _above_cluster_maximum(request: PlanRequest, nodes: list[NodeView]) -> Iterable[Drain]:
    """Yield the nodes beyond the cluster's maximum, first those beyond their group's minimum."""
    excess = 0 if request.max_nodes is None else len(nodes) - request.max_nodes
    if excess <= 0:
        return
    beyond = {group.name: -raised_floor(group) for group in request.groups}
    for node in nodes:
        beyond[node.group] += 1
    spared: list[Sequence[NodeView]] = []
    going: list[Sequence[NodeView]] = []
    for hosts in _least_missed(nodes, request.groups):
        (going if beyond[hosts[0].group] > 0 else spared).append(hosts)
        beyond[hosts[0].group] -= len(hosts)
    for hosts in [*going, *spared]:
        if excess <= 0:
            return
        excess -= len(hosts)
        for node in hosts:
            kind, most = DrainKind.ABOVE_CLUSTER_MAXIMUM, request.max_nodes or 0
            yield _removed(node, kind, nodes=len(nodes), most=most)


def _least_missed(
    nodes: list[NodeView], groups: Iterable[PlannedGroup]
) -> list[Sequence[NodeView]]:
    """Return the nodes, and the hosts of each slice together, those first that are missed least."""
    newest: list[Sequence[NodeView]] = list(reversed(slices(nodes, groups)))
    return sorted(newest, key=lambda hosts: max(map(_loss, hosts)))


def _removed(node: NodeView, kind: DrainKind, *, nodes: int, most: int) -> Drain:
    """Return that a node goes, busy or not: there are so many nodes, and may be so many."""
    return Drain(
        node=node.name,
        label=node.shown,
        cause=DrainCause(
            kind=kind,
            group=node.group,
            nodes=nodes,
            most=most,
            is_pending=node.phase is NodePhase.PENDING,
            idle_seconds=node.idle_seconds,
            age_seconds=node.age_seconds,
        ),
        idle=False,
    )


def _loss(node: NodeView) -> tuple[bool, float, float]:
    """Order nodes by what is lost with them: not up yet, long idle, young."""
    return (node.phase is NodePhase.READY, -(node.idle_seconds or 0), node.age_seconds)


def may_idle(node: NodeView) -> bool:
    """Return whether a node idles, for however long: it may be given back one day."""
    return node.phase is NodePhase.READY and node.idle_seconds is not None


def _too_idle(node: NodeView, group: PlannedGroup) -> bool:
    return may_idle(node) and (node.idle_seconds or 0) >= group.idle_seconds


def _would_miss(hosts: Iterable[NodeView], least: dict[str, int], limits: Limits) -> bool:
    brings: dict[str, int] = {}
    for node in hosts:
        add(brings, exact(node.total))
    return any(
        name in brings and limits.totals.get(name, 0) - brings[name] < amount
        for name, amount in least.items()
    )
