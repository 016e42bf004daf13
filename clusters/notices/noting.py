"""Write down what was announced about a node; the reconcile loop answers it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.timezone import now

from clusters.models import Node
from clusters.models.event import EventSeverity
from clusters.services.waking import wake_for_report
from clusters.transitions import note
from domain.events import EventKind

_LONGEST_NOTICE = timedelta(hours=1)


def note_interruption(node: Node, *, at: datetime) -> None:
    """Note when the provider takes a node's machine back; the loop drains the node."""
    at = min(max(at, now()), now() + _LONGEST_NOTICE)
    with transaction.atomic():
        # The first notice counts: the provider repeats it until the end.
        if Node.objects.filter(pk=node.pk, interruption_at=None).update(interruption_at=at):
            wake_for_report(node.cluster)


@transaction.atomic
def note_rebalance(node: Node, *, at: datetime) -> None:
    """Note that a node's machine is likelier to be taken back than others; only the first time."""
    at = min(at, now())
    if not Node.objects.filter(pk=node.pk, rebalance_at=None).update(rebalance_at=at):
        return
    where = f" in {node.zone}" if node.zone else ""
    note(
        node.cluster,
        f"{node.label} ({node.machine}{where}) has an elevated risk of a spot interruption.",
        kind=EventKind.SPOT_REBALANCE_RECOMMENDED,
        fields={
            "node": node.name,
            "instance_type": node.machine,
            "zone": node.zone,
            "at": at,
        },
        severity=EventSeverity.WARNING,
    )
