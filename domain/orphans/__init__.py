"""Orphaned resources: what exists at a provider in our name though nothing of ours needs it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

# A resource that was created, or whose node or cluster ended, less long ago is no orphan yet: lists
# of providers lag, and what belongs to a machine goes some time after it.
GRACE = timedelta(minutes=15)
# After a step of a removal that has to wait: so soon the next one, doubled up to the longest.
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=5)


class ResourceKind(StrEnum):
    INSTANCE = "instance"
    VOLUME = "volume"
    NETWORK_INTERFACE = "network_interface"
    SECURITY_GROUP = "security_group"
    PLACEMENT_GROUP = "placement_group"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()


class OrphanState(StrEnum):
    FOUND = "found"
    REMOVING = "removing"
    REMOVED = "removed"  # the provider's list has confirmed it


MOVES: Mapping[tuple[OrphanState, OrphanState], str] = {
    (OrphanState.FOUND, OrphanState.REMOVING): "A user removes it.",
    (OrphanState.REMOVING, OrphanState.REMOVED): "The provider no longer lists it.",
    (OrphanState.REMOVING, OrphanState.FOUND): "The provider refuses, or it is needed again.",
}


def is_allowed(before: OrphanState, after: OrphanState) -> bool:
    """Return whether an orphan may move from one state to another."""
    return (before, after) in MOVES


def orphan_from(*, created_at: datetime | None, first_seen_at: datetime) -> datetime:
    """Return from when on a resource that nothing claims is shown as an orphan."""
    return (created_at or first_seen_at) + GRACE


def pause_after(attempts: int) -> timedelta:
    """Return how long to wait after so many steps of a removal, 1 at least."""
    return min(FIRST_PAUSE * (1 << min(max(attempts, 1) - 1, 10)), LONGEST_PAUSE)
