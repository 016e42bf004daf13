"""Resources that each node has without anybody saying so."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from domain.demand import Demand, Resources
from domain.planner.model import NodeView, Offer, PlannedGroup, PlanRequest

# Ray Serve asks for a part of one of these to keep replicas of a deployment apart
# (`max_replicas_per_node`) [ray/_raylet.pyx, IMPLICIT_RESOURCE_PREFIX; Ray 2.60].
IMPLICIT = "node:__internal_implicit_resource_"
# Work for the head alone asks for a part of this.
HEAD = "node:__internal_head__"


def with_implicit_resources(request: PlanRequest) -> PlanRequest:
    """Return the request with 1 of each implicit resource that its demand names on every node.

    A node that lists one has what it lists: Ray does so once a part of it is taken.
    """
    names = {name for name in _asked(request.demand) if name.startswith(IMPLICIT)}
    everywhere = dict.fromkeys(names, 1.0)
    on_the_head = {**everywhere, HEAD: 1.0}
    head_free, head_total = ({**on_the_head, **r} for r in (request.head_free, request.head_total))
    request = replace(request, head_free=head_free, head_total=head_total)
    if not names:
        return request
    return replace(
        request,
        groups=tuple(_group(group, everywhere) for group in request.groups),
        nodes=tuple(_node(node, everywhere) for node in request.nodes),
    )


def _asked(demand: Demand) -> Iterable[str]:
    for shape in (*demand.shapes, *demand.standing_requests):
        yield from shape.resources
    for gang in demand.gangs:
        for bundle in gang.bundles:
            yield from bundle.resources


def _group(group: PlannedGroup, everywhere: Resources) -> PlannedGroup:
    offers, known = (
        tuple(_offer(offer, everywhere) for offer in of) for of in (group.offers, group.known)
    )
    return replace(group, offers=offers, known=known)


def _offer(offer: Offer, everywhere: Resources) -> Offer:
    return replace(offer, resources=_beside(offer.resources, everywhere))


def _node(node: NodeView, everywhere: Resources) -> NodeView:
    free, total = _beside(node.free, everywhere), _beside(node.total, everywhere)
    return replace(node, free=free, total=total)


def _beside(own: Resources, everywhere: Resources) -> Mapping[str, float]:
    return {**everywhere, **own}
