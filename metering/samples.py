"""Samples come in by COPY, each exactly once, however often a head agent sends them."""

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from operator import attrgetter
from uuid import UUID

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from metering import partitions
from metering.measures import MEASURES, Sample

__all__ = ["Sample", "record"]

log = logging.getLogger(__name__)

AHEAD = timedelta(minutes=5)  # how wrong a node's clock may be
BUCKET = timedelta(minutes=5)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_COPY = f"COPY metering_sample (cluster_id, node, at, {', '.join(MEASURES)}) FROM STDIN"
_row = attrgetter("node", "at", *MEASURES)

# Whether the partitions are there is asked on the way: a message of a small cluster costs mostly
# its round trips.
_TAKE_TURNS = """
    INSERT INTO metering_intake (cluster_id) VALUES (%s)
    ON CONFLICT (cluster_id) DO UPDATE SET cluster_id = EXCLUDED.cluster_id
    RETURNING (
        SELECT bool_and(to_regclass(name) IS NOT NULL) FROM unnest(%s::text[]) AS name
    )
"""
_REMEMBER = """
    WITH advanced AS (
        INSERT INTO metering_cursor (cluster_id, node, at)
        SELECT %(cluster)s, node, at
        FROM unnest(%(nodes)s::text[], %(newest)s::timestamptz[]) AS seen (node, at)
        ON CONFLICT (cluster_id, node) DO UPDATE SET at = EXCLUDED.at
    ), pending AS (
        INSERT INTO metering_pendingbucket (bucket, cluster_id)
        SELECT bucket, %(cluster)s FROM unnest(%(buckets)s::timestamptz[]) AS bucket
        ON CONFLICT (bucket, cluster_id)
        DO UPDATE SET revision = metering_pendingbucket.revision + 1
    )
    UPDATE metering_intake SET
        accepted = accepted + %(accepted)s,
        repeated = repeated + %(repeated)s,
        too_old = too_old + %(too_old)s,
        too_new = too_new + %(too_new)s,
        last_at = GREATEST(last_at, %(last_at)s)
    WHERE cluster_id = %(cluster)s
"""


def record(cluster_id: UUID, samples: Sequence[Sample], *, now: datetime | None = None) -> int:
    """Return how many of these samples were new and are now stored.

    Of each node only what is newer than all before counts. Samples older than the raw history
    or more than five minutes ahead of `now` are refused; `Intake` counts them.
    """
    if not samples:
        return 0
    now = now or timezone.now()
    oldest, newest = partitions.SAMPLES.oldest(now), now + AHEAD
    timely = [sample for sample in samples if oldest <= sample.at <= newest]
    refused_old = sum(sample.at < oldest for sample in samples)
    refused_new = len(samples) - len(timely) - refused_old
    if refused_old or refused_new:
        log.warning(
            "samples refused",
            extra={"cluster": str(cluster_id), "too_old": refused_old, "too_new": refused_new},
        )
    with transaction.atomic(), connection.cursor() as cursor:
        _take_turns(cursor, cluster_id, {sample.at.date(): sample.at for sample in timely})
        fresh, cursors = _fresh(cursor, cluster_id, timely)
        _copy(cursor, cluster_id, fresh)
        cursor.execute(
            _REMEMBER,
            {
                "cluster": cluster_id,
                "nodes": list(cursors),
                "newest": list(cursors.values()),
                "buckets": sorted({_bucket(sample.at) for sample in fresh}),
                "accepted": len(fresh),
                "repeated": len(timely) - len(fresh),
                "too_old": refused_old,
                "too_new": refused_new,
                "last_at": fresh[-1].at if fresh else None,
            },
        )
    return len(fresh)


def _take_turns(cursor: CursorWrapper, cluster_id: UUID, days: Mapping[date, datetime]) -> None:
    """Wait until no other message of this cluster is being recorded; have a partition a day."""
    names = [partitions.SAMPLES.name(at) for at in days.values()]
    cursor.execute(_TAKE_TURNS, [cluster_id, names])
    (ready,) = cursor.fetchone()
    if not ready:
        partitions.ensure(partitions.SAMPLES, days.values())


def _fresh(
    cursor: CursorWrapper, cluster_id: UUID, samples: list[Sample]
) -> tuple[list[Sample], dict[str, datetime]]:
    """Return the samples that are newer than their nodes' cursors, by time, and the new cursors."""
    cursor.execute(
        "SELECT node, at FROM metering_cursor WHERE cluster_id = %s AND node = ANY(%s)",
        [cluster_id, list({sample.node for sample in samples})],
    )
    newest: dict[str, datetime] = dict(cursor.fetchall())
    moved: dict[str, datetime] = {}
    fresh = []
    for sample in sorted(samples, key=attrgetter("at")):
        before = newest.get(sample.node)
        if before is None or sample.at > before:
            newest[sample.node] = moved[sample.node] = sample.at
            fresh.append(sample)
    return fresh, moved


def _copy(cursor: CursorWrapper, cluster_id: UUID, samples: list[Sample]) -> None:
    if not samples:
        return
    cluster = str(cluster_id)
    with cursor.copy(_COPY) as copy:
        for sample in samples:
            copy.write_row((cluster, *_row(sample)))


def _bucket(at: datetime) -> datetime:
    return at - (at - _EPOCH) % BUCKET
