"""Nodes that come and go together: the hosts of a TPU slice."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from domain.planner.candidates import of_node, offer_key
from domain.planner.model import NodePhase, NodeView, PlannedGroup, PlanRequest
from domain.planner.packing import NodeRun

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


def with_first_hosts(nodes: Sequence[NodeView], request: PlanRequest) -> list[NodeView]:
    """Return the nodes; the first host of a starting slice has what only that one brings."""
    offers = of_node(request)
    first = {
        hosts[0].name: offer.first_host
        for hosts in slices(nodes, request.groups)
        if hosts[0].phase is NodePhase.PENDING
        and (offer := offers.get(offer_key(hosts[0]))) is not None
        and offer.first_host
    }
    return [
        replace(
            node,
            free={**node.free, **first[node.name]},
            total={**node.total, **first[node.name]},
        )
        if node.name in first
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


def by_slices(runs: Sequence[NodeRun]) -> list[NodeRun]:
    """Return new nodes of one machine as they are launched: of each slice the first host first."""
    hosts = runs[0].candidate.hosts if runs[0].candidate else 1
    if hosts == 1:
        return list(runs)
    single = [replace(run, count=1) for run in runs for _ in range(run.count)]
    first = [run for run in single if not run.further]
    further = iter([run for run in single if run.further])
    return [host for run in first for host in (run, *islice(further, hosts - 1))]
