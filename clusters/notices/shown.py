"""What the pages of clouds say of the queues of notices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils.timezone import now

from clouds.models import Cloud
from clusters.models import NoticeQueue
from clusters.notices.addresses import queue_of

# Queues are read every few seconds: after so long, no worker is doing it.
LATE = timedelta(minutes=2)
# The list of clouds says nothing of what is over in a moment, such as throttling.
LASTING = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """A cloud's queue, and how reading it goes; None: it has not been looked at yet."""

    cloud: Cloud
    row: NoticeQueue | None

    @property
    def is_late(self) -> bool:
        """Whether no worker has read it for long, though nothing is known to be wrong with it."""
        if self.row is None or self.row.error:
            return False
        return (self.row.read_at or self.row.added_at) < now() - LATE


def state_of(cloud: Cloud) -> QueueState | None:
    """Return how a cloud's queue is; None for a cloud without one."""
    address = queue_of(cloud)
    if not address:
        return None
    return QueueState(cloud=cloud, row=NoticeQueue.objects.filter(address=address).first())


def unreadable() -> Sequence[QueueState]:
    """Return the clouds whose queue has not been readable for some time."""
    lasting = NoticeQueue.objects.exclude(error="").filter(error_since__lte=now() - LASTING)
    rows = {row.address: row for row in lasting}
    if not rows:
        return []
    clouds = Cloud.objects.order_by("name")
    return [
        QueueState(cloud=cloud, row=rows[address])
        for cloud in clouds
        if (address := queue_of(cloud)) in rows
    ]
