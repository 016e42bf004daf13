"""Nodes that come and go together: the hosts of a TPU slice."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from domain.planner.candidates import is_of_first_host
from domain.planner.model import NodePhase, NodeView, PlannedGroup

# Ray's label of the slice that a host belongs to.
SLICE_NAME = "ray.io/tpu-slice-name"


class _Place(NamedTuple):
    group: str
    instance_type: str
    market: str
    zone: str
    slice_name: str


def slices(
    nodes: Iterable[NodeView], groups: Iterable[PlannedGroup]
) -> tuple[tuple[NodeView, ...], ...]:
    """Return the nodes by slices, the hosts of each in the order of their names.

    Where no label names a slice, the nodes of one machine are its hosts as they were launched:
    one after the other. A node that is alone comes as one.
    """
    hosts = {group.name: group.hosts for group in groups}
    places: dict[_Place, list[NodeView]] = {}
    for node in sorted(nodes, key=by_name):
        label = node.labels.get(SLICE_NAME, "")
        place = _Place(node.group, node.instance_type, node.market, node.zone, label)
        places.setdefault(place, []).append(node)
    parts = (
        part
        for place, members in places.items()
        for part in _parts(members, hosts.get(place.group, 1))
    )
    return tuple(sorted(parts, key=lambda part: by_name(part[0])))


def with_hosts(nodes: Sequence[NodeView], groups: Iterable[PlannedGroup]) -> list[NodeView]:
    """Return the nodes; of starting slices only the first host has what only that one brings."""
    further = {
        node.name
        for hosts in slices(nodes, groups)
        for node in hosts[1:]
        if node.phase is NodePhase.PENDING
    }
    return [
        replace(node, free=_without_head(node.free), total=_without_head(node.total))
        if node.name in further
        else node
        for node in nodes
    ]


def by_name(node: NodeView) -> tuple[object, ...]:
    """Return a sort key in which "c-2" comes before "c-10"."""
    parts = re.split(r"(\d+)", node.name)
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in parts)


def _parts(members: Sequence[NodeView], hosts: int) -> Iterable[tuple[NodeView, ...]]:
    for start in range(0, len(members), hosts):
        yield tuple(members[start : start + hosts])


def _without_head(resources: Mapping[str, float]) -> Mapping[str, float]:
    return {name: n for name, n in resources.items() if not is_of_first_host(name)}
