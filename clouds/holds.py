"""What keeps a cloud from being deleted: everything that points at its row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.urls import reverse

from clouds.models import Cloud
from domain.lifecycle import ClusterState


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """One thing that uses the cloud, of which team it is, what to do about it, and its page."""

    name: str
    team: str
    words: str
    url: str = ""


def holds_on(cloud: Cloud) -> Sequence[Hold]:
    """Return what uses the cloud: clusters that are not terminated, and environments."""
    return [*_clusters(cloud), *_environments(cloud)]


def _clusters(cloud: Cloud) -> Iterator[Hold]:
    """A stopped cluster would start there again, and a failed one may still have nodes there."""
    rows = cloud.cluster_set.exclude(state=ClusterState.TERMINATED).select_related("team")
    for row in rows.order_by("team__name", "name"):
        yield Hold(
            name=row.name,
            team=str(row.team),
            words=f"Cluster {row.name} is {row.state}. Terminate it.",
            url=reverse("clusters:detail", args=[row.pk]),
        )


def _environments(cloud: Cloud) -> Iterator[Hold]:
    """Without its only cloud, an environment would let clusters run anywhere."""
    rows = cloud.environment_set.filter(removed_at=None).select_related("team")
    for row in rows.order_by("team__name", "position"):
        yield Hold(
            name=row.name,
            team=str(row.team),
            words=f"The rules of environment {row.name} name this cloud. Remove it from them.",
        )
