"""The machines that a candidate needs, and what became of such machines lately."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.timezone import now

from clouds.models import Cloud
from clusters.models import Cluster, Cooldown, Group, Node
from clusters.nodes.groups import groups_of
from configurations.launch_checks import launchable
from domain.catalogue.provider import ProviderTraits
from domain.cooldowns import FailureClass
from domain.failures import cause_of
from domain.lifecycle import NodeState
from promotions.environments import overlay_of
from promotions.models import ChangeRequest

LOOKED_BACK = timedelta(hours=24)
_HOURS = LOOKED_BACK // timedelta(hours=1)
LATELY = f"in the last {_HOURS} hours"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What a change request would launch: groups of machines on a cloud."""

    cloud: Cloud
    traits: ProviderTraits
    groups: Sequence[Group]

    @property
    def types(self) -> set[str]:
        """The instance types of its groups."""
        return {group.instance_type for group in self.groups}

    @property
    def markets(self) -> set[str]:
        """How its machines are bought."""
        return {str(group.market) for group in self.groups}

    def needs(self, *, instance_type: str, market: str) -> bool:
        """Return whether the cluster cannot be at its minimum without such a machine.

        An empty type is every type of the market.
        """
        needed = [group for group in self.groups if group.min_nodes and group.market == market]
        return any(instance_type in {"", group.instance_type} for group in needed)

    def failures(self, failure: FailureClass) -> list[Cooldown]:
        """Return what the cloud could not give lately of what this needs, the newest first."""
        rows = Cooldown.objects.filter(
            cloud=self.cloud,
            region=self.cloud.region,
            failure=failure,
            market__in=self.markets,
            instance_type__in=["", *self.types],
            failed_at__gte=now() - LOOKED_BACK,
        )
        return list(rows.order_by("-failed_at"))

    def launches(self, *, types: bool = True) -> QuerySet[Node]:
        """Return the nodes that the cloud gave lately, of these markets and, if asked, types."""
        own = Q(instance_type__in=self.types)
        own |= Q(instance_type="", group__instance_type__in=self.types)
        rows = Node.objects.filter(
            cluster__cloud=self.cloud,
            market__in=self.markets,
            launched_at__gte=now() - LOOKED_BACK,
        )
        return rows.filter(own) if types else rows

    def running(self) -> QuerySet[Node]:
        """Return the nodes that the cloud runs now, of any cluster."""
        rows = Node.objects.filter(cluster__cloud=self.cloud)
        return rows.exclude(state__in=[NodeState.REQUESTED, NodeState.TERMINATED])


def candidate_of(request: ChangeRequest) -> Candidate:
    """Return what the request would launch; raises `ServiceError` if nothing can be launched."""
    ready = launchable(
        request.version,
        environment=request.environment.name,
        overlay=overlay_of(request.settings),
    )
    groups = groups_of(Cluster(), ready.config, ready.target)
    return Candidate(cloud=ready.cloud, traits=ready.target.traits, groups=groups)


def facts_of(row: Cooldown) -> dict[str, Any]:
    """Return a failure as plain data, for the evidence of a check."""
    return {
        "instance_type": row.instance_type or "every type",
        "market": row.market,
        "zone": row.zone or "any",
        "failures": row.streak,
        "failed_at": row.failed_at.isoformat(),
        "until": row.until.isoformat(),
        "cause": row.cause,
    }


def in_words(row: Cooldown) -> str:
    """Return why and when something failed last, without a full stop."""
    return f"{cause_of(row.cause).words.rstrip('.')}, last at {clock(row.failed_at)}"


def clock(moment: datetime) -> str:
    """Return a moment of the last hours as a check says it."""
    return f"{moment:%H:%M} UTC"
