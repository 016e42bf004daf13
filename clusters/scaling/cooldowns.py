"""What a failed launch leads to, and what cools down or is stopped because of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Min, Q, QuerySet
from django.utils.timezone import now

from clusters.models import Cluster, Cooldown, Group, Node
from clusters.models.event import EventSeverity
from clusters.transitions import note
from domain.cooldowns import (
    LONGEST,
    CapacityPool,
    Cooling,
    FailureClass,
    FailureResponse,
    after_failure,
    after_quota,
    answer_to,
    sentence,
)
from domain.events import EventKind
from domain.failures import cause_of
from domain.offerings import Market

_CAUSE_LENGTH = 500


@transaction.atomic
def note_failure(cluster: Cluster, node: Node, *, failure: FailureClass, cause: str) -> None:
    """Answer the failure of a node's launch: cool down, block the market, or stop its group."""
    match answer_to(failure):
        case FailureResponse.COOL:
            _cool(cluster, (node.machine, node.zone, Market(node.market)), cause)
        case FailureResponse.BLOCK_MARKET:
            _block(cluster, Market(node.market), cause)
        case FailureResponse.STOP:
            _stop(cluster, node.group, failure=failure, cause=cause)
        case FailureResponse.REPEAT:
            pass


def note_success(cluster: Cluster, node: Node) -> None:
    """Forget the failures before this node was asked for: there are such machines again."""
    same_type = Q(instance_type=node.machine, zone=node.zone) | Q(instance_type="", zone="")
    _of_account(cluster).filter(
        same_type, market=node.market, failed_at__lt=node.requested_at
    ).delete()


def cooling_of(cluster: Cluster) -> Mapping[CapacityPool, str]:
    """Return what the cluster's cloud cannot give now, each with until when and why.

    Ask `domain.cooldowns.why_cold` what that means for one offering.
    """
    return {place_of(row): sentence_of(row) for row in cooling_rows(cluster)}


def cooling_rows(cluster: Cluster) -> list[Cooldown]:
    """Return what cools down now, what lasts longest first."""
    moment = now()
    rows = _of_account(cluster).filter(until__gt=moment, until__lte=moment + LONGEST)
    return list(rows.select_related("cluster").order_by("-until", "instance_type", "zone"))


def next_end(cluster: Cluster) -> datetime | None:
    """Return when the next of them ends on the cluster's account; None: nothing cools down."""
    rows = _of_account(cluster).filter(until__gt=now())
    end: datetime | None = rows.aggregate(end=Min("until"))["end"]
    return end


def stopped_of(cluster: Cluster) -> Mapping[str, str]:
    """Return the groups that were stopped in this run, each with the reason."""
    return {group.name: group.stopped_reason for group in stopped_groups(cluster)}


def stopped_groups(cluster: Cluster) -> list[Group]:
    """Return the groups that a person must mend; who starts the cluster anew tries them again."""
    return list(cluster.groups.filter(stopped_at__gte=cluster.run.requested_at))


def cooling_of_group(cluster: Cluster, group: Group) -> QuerySet[Cooldown]:
    """Return what cools down now of what the group launches first."""
    rows = _of_account(cluster).filter(until__gt=now(), market=group.market)
    return rows.filter(instance_type__in=["", group.instance_type])


def end_cooldowns(cluster: Cluster, group: Group) -> None:
    """Let the group's machines be asked for now; how often they failed in a row stays."""
    cooling_of_group(cluster, group).update(until=now())


def place_of(row: Cooldown) -> CapacityPool:
    """Return what the row says cools down."""
    return (row.instance_type, row.zone, Market(row.market))


def sentence_of(row: Cooldown) -> str:
    """Return until when it cools down and why."""
    failure = FailureClass(row.failure)
    words = cause_of(row.cause).words
    return sentence(place_of(row), _cooling(row), failure=failure, cause=words)


def _of_account(cluster: Cluster) -> QuerySet[Cooldown]:
    return Cooldown.objects.filter(cloud=cluster.cloud_id, region=cluster.cloud.region)


def _cooling(row: Cooldown) -> Cooling:
    return Cooling(streak=row.streak, failed_at=row.failed_at, until=row.until)


def _cool(cluster: Cluster, place: CapacityPool, cause: str) -> None:
    row = _locked(cluster, place)
    before = _cooling(row) if row else None
    after = after_failure(before, now=now())
    if after != before:
        _keep(cluster, place, row, after, failure=FailureClass.CAPACITY, cause=cause)


def _block(cluster: Cluster, market: Market, cause: str) -> None:
    place: CapacityPool = ("", "", market)
    row = _locked(cluster, place)
    if row is None or not _cooling(row).is_cold(now()):
        after = after_quota(now=now())
        _keep(cluster, place, row, after, failure=FailureClass.QUOTA, cause=cause)


def _locked(cluster: Cluster, place: CapacityPool) -> Cooldown | None:
    instance_type, zone, market = place
    rows = _of_account(cluster).filter(instance_type=instance_type, zone=zone, market=market)
    return rows.select_for_update().first()


def _keep(
    cluster: Cluster,
    place: CapacityPool,
    row: Cooldown | None,
    cooling: Cooling,
    *,
    failure: FailureClass,
    cause: str,
) -> None:
    """Write the cool-down and a line of the history; the row's first cluster stays its first."""
    row = row or Cooldown(cloud=cluster.cloud, region=cluster.cloud.region)
    row.instance_type, row.zone, row.market = place
    row.streak, row.failed_at, row.until = cooling.streak, cooling.failed_at, cooling.until
    row.failure, row.cause = failure, cause[:_CAUSE_LENGTH]
    if cooling.streak == 1:
        row.cluster = cluster
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:  # another cluster met the same failure at the same moment
        return
    note(
        cluster,
        f"{sentence_of(row)}.",
        kind=EventKind.COOLDOWN_STARTED,
        fields={
            "instance_type": row.instance_type,
            "zone": row.zone,
            "market": row.market,
            "until": row.until,
            "failures": row.streak,
            "failure": failure,
            "cause": row.cause,
        },
        severity=EventSeverity.WARNING,
    )


def _stop(cluster: Cluster, group: Group, *, failure: FailureClass, cause: str) -> None:
    reason = f"{cause_of(cause).words} ({failure}). Fix the cause, then select Retry now."[
        :_CAUSE_LENGTH
    ]
    going = Group.objects.filter(
        Q(stopped_at=None) | Q(stopped_at__lt=cluster.run.requested_at), pk=group.pk
    )
    if going.update(stopped_at=now(), stopped_reason=reason):
        note(
            cluster,
            f"Group {group.name} stopped launching nodes: {reason}",
            kind=EventKind.GROUP_STOPPED,
            fields={"group": group.name, "failure": failure, "cause": cause[:_CAUSE_LENGTH]},
            severity=EventSeverity.ERROR,
        )
