"""Which resources this installation still needs: those of live nodes and clusters."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Q
from django.utils.timezone import now

from clusters.models import Cluster, Node
from domain.lifecycle import ClusterState, NodeState
from domain.orphans import GRACE, ResourceKind
from providers.inventory import OwnedResource

# They belong to a cluster as a whole, and are removed with it.
_OF_CLUSTERS = {ResourceKind.SECURITY_GROUP, ResourceKind.PLACEMENT_GROUP}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What rows claim of a list of resources."""

    instances: frozenset[str]  # ids
    handles: frozenset[str]

    def has(self, resource: OwnedResource) -> bool:
        """Return whether a row claims the resource.

        A volume or an interface goes with the instance that has it. Nothing of ours ever uses one
        again that no instance has, even where its cluster lives.
        """
        if resource.kind in _OF_CLUSTERS:
            return resource.handle in self.handles
        return (resource.attached_to or resource.id) in self.instances


def claims_on(resources: Iterable[OwnedResource], *, clouds: Collection[int]) -> Claims:
    """Return what is claimed of resources that one place of these clouds listed.

    Rows are written before machines are asked for: whoever lists first and asks here then, misses
    none. What ended a short while ago is claimed, too: its machines may be listed for some time.
    """
    listed = list(resources)
    lately = now() - GRACE
    nodes = {one.node: one.id for one in listed if one.node}
    live = Node.objects.filter(
        ~Q(state=NodeState.TERMINATED) | Q(ended_at__gt=lately), name__in=nodes.keys()
    )
    # A cluster that moved on to another cloud needs nothing here any more.
    clusters = Cluster.objects.filter(
        ~Q(state=ClusterState.TERMINATED) | Q(state_since__gt=lately),
        cloud__in=clouds,
        handle__in={one.handle for one in listed if one.kind in _OF_CLUSTERS},
    )
    return Claims(
        instances=frozenset(nodes[name] for name in live.values_list("name", flat=True)),
        handles=frozenset(clusters.values_list("handle", flat=True)),
    )
