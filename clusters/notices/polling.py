"""Read the queues of providers' announcements, each queue by one worker at a time."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.db import DatabaseError
from django.db.models import Q
from django.db.models.functions import Coalesce, Now

from clouds.drivers import driver_for
from clouds.models import Cloud
from clusters.models import Node, NoticeQueue
from clusters.notices.addresses import queue_of
from clusters.notices.noting import note_interruption, note_rebalance
from clusters.services.waking import wake_for_report
from domain.lifecycle import NodeState
from providers.base import InvalidRequest, ProviderError
from providers.notices import Message, Notice, NoticeKind, NoticeSource

log = logging.getLogger(__name__)

# Longer than a worker usually reads. Two at a time would do no harm: every notice may come twice.
LEASE = timedelta(seconds=60)
# So many answers of the queue are read by a task; what is left, the next one reads.
MOST_ANSWERS = 10
MOST_LETTERS = 500


def due() -> list[int]:
    """Return one cloud for each queue that there is: the first whose account can be opened."""
    clouds = [cloud for cloud in Cloud.objects.order_by("-pk") if queue_of(cloud)]
    by_queue = {queue_of(cloud): cloud.pk for cloud in clouds}
    by_queue |= {queue_of(cloud): cloud.pk for cloud in clouds if _opens(cloud)}
    return list(by_queue.values())


def forget_removed() -> None:
    """Remove what is known of queues that no cloud has any more, whatever became of the cloud.

    A task that still reads one finds no row to write to, which is all the same to it.
    """
    addresses = {queue_of(cloud) for cloud in Cloud.objects.all()}
    NoticeQueue.objects.exclude(address__in=addresses).delete()


def poll(cloud_id: int) -> None:
    """Read the queue of a cloud until it is empty; whatever was handled is removed from it."""
    cloud = Cloud.objects.filter(pk=cloud_id).first()
    address = queue_of(cloud) if cloud else ""
    if cloud is None or not address or not _leased(address):
        return
    outcome: dict[str, Any] = {}  # nothing is known of a task that is broken off
    try:
        outcome = _read(cloud)
    finally:
        NoticeQueue.objects.filter(address=address).update(leased_until=None, **outcome)


def _read(cloud: Cloud) -> dict[str, Any]:
    """Handle what is in a cloud's queue; return what the queue's row says from then on."""
    outcome: dict[str, Any] = {}
    try:
        source = _source(cloud)
        for _ in range(MOST_ANSWERS):
            messages = source.receive_notices()
            if not messages:
                break
            outcome["message_at"] = Now()
            source.settle_notices([one.receipt for one in messages if _handled(one)])
    except ProviderError as refusal:
        why = str(refusal)[:MOST_LETTERS]
        log.warning("notices not read", extra={"cloud": cloud.pk, "why": why})
        return outcome | {"error": why, "error_since": Coalesce("error_since", Now())}
    return outcome | {"error": "", "error_since": None, "read_at": Now()}


def _source(cloud: Cloud) -> NoticeSource:
    """Return the driver of a cloud that has a queue; raises `ProviderError` if none opens."""
    driver = driver_for(cloud)
    if not isinstance(driver, NoticeSource):
        raise InvalidRequest(f"Mobula reads no queue of notices on {cloud.get_provider_display()}.")
    return driver


def _opens(cloud: Cloud) -> bool:
    try:
        _source(cloud)
    except ProviderError:
        return False
    return True


def _leased(address: str) -> bool:
    NoticeQueue.objects.get_or_create(address=address)
    is_free = Q(leased_until=None) | Q(leased_until__lt=Now()) | Q(leased_until__gt=Now() + LEASE)
    rows = NoticeQueue.objects.filter(is_free, address=address)
    return bool(rows.update(leased_until=Now() + LEASE))


def _handled(message: Message) -> bool:
    """Handle a message; return False for one that must come again."""
    if message.problem:
        log.warning("a notice is unreadable", extra={"why": message.problem})
    if message.notice is not None:
        try:
            _handle(message.notice)
        except DatabaseError:
            # The queue has it still: it comes again, and keeps no other one.
            log.exception("a notice was not handled", extra={"node": message.notice.node})
            return False
    return True


def _handle(notice: Notice) -> None:
    rows = Node.objects.select_related("cluster", "group", "cluster__run")
    node = rows.filter(name=notice.node).exclude(state=NodeState.TERMINATED).first()
    if node is None:
        return
    match notice.kind:
        case NoticeKind.INTERRUPTION:
            note_interruption(node, at=notice.at)
        case NoticeKind.REBALANCE:
            note_rebalance(node, at=notice.at)
        case NoticeKind.STATE:
            wake_for_report(node.cluster)
