"""Placement groups that lost nodes: their new bundles stay off the nodes that hold the others.

Ray marks each node with a label for each placement group that has a bundle there, and asks for
nodes without it where the strategy is STRICT_SPREAD. Here those labels are set only for groups
that wait, so that nodes stay alike for all else.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace

from domain.demand import Bundle, Gang, LabelSelector, Operator, Resources, Strategy
from domain.demand.model import PLACEMENT_GROUP_LABEL
from domain.planner.model import NodeView, PlanRequest

_BUNDLE = "bundle_group_"


def with_bundles_apart(request: PlanRequest) -> PlanRequest:
    """Return the request with such groups and the nodes that hold their bundles marked."""
    spread = {gang.id for gang in request.demand.gangs if _is_apart(gang)}
    if not spread:
        return request
    nodes = tuple(_marked(node, spread) for node in request.nodes)
    on_head = _marks(request.head_total, spread)
    held = {label for node in nodes for label in node.labels} | on_head.keys()
    gangs = tuple(_kept_apart(gang, held) for gang in request.demand.gangs)
    return replace(
        request,
        nodes=nodes,
        head_labels={**request.head_labels, **on_head},
        demand=replace(request.demand, gangs=gangs),
    )


def _is_apart(gang: Gang) -> bool:
    return bool(gang.id) and gang.strategy is Strategy.STRICT_SPREAD


def _marked(node: NodeView, spread: Collection[str]) -> NodeView:
    marks = _marks(node.total, spread)
    return replace(node, labels={**node.labels, **marks}) if marks else node


def _marks(total: Resources, spread: Collection[str]) -> Mapping[str, str]:
    ids = {name.rpartition("_")[2] for name in total if name.startswith(_BUNDLE)}
    return {PLACEMENT_GROUP_LABEL + name: "" for name in sorted(ids & set(spread))}


def _kept_apart(gang: Gang, held: Collection[str]) -> Gang:
    label = PLACEMENT_GROUP_LABEL + gang.id
    if not _is_apart(gang) or label not in held:
        return gang
    apart = LabelSelector(key=label, operator=Operator.DOES_NOT_EXIST)
    return replace(
        gang,
        bundles=tuple(_also(bundle, apart) for bundle in gang.bundles),
        fallbacks=tuple(
            tuple(_also(bundle, apart) for bundle in bundles) for bundles in gang.fallbacks
        ),
    )


def _also(bundle: Bundle, selector: LabelSelector) -> Bundle:
    return replace(
        bundle,
        selectors=(*bundle.selectors, selector),
        fallbacks=tuple((*selectors, selector) for selectors in bundle.fallbacks),
    )
