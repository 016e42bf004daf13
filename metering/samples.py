"""Samples come in by COPY, each exactly once, however often a head agent sends them."""

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, LiteralString
from uuid import UUID

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone
from psycopg import Cursor

from metering.measures import MEASURES, Sample
from retention import partitions
from retention.tables import SAMPLES

__all__ = ["Sample", "record"]

log = logging.getLogger(__name__)

AHEAD = timedelta(minutes=5)  # how wrong a node's clock may be
BUCKET = timedelta(minutes=5)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_COPY = f"""
    COPY metering_sample (cluster_id, node, at, {", ".join(MEASURES)})
    FROM STDIN (FORMAT BINARY)
"""
_TYPES = ("uuid", "text", "timestamptz", *["float8"] * len(MEASURES))
_row = attrgetter("node", "at", *MEASURES)

# All that is not the rows themselves, in one round trip: a message of a small cluster costs mostly
# its round trips. Cursors are locked here until the end of the transaction, always in the order of
# nodes, and `old` is what they were once it was our turn: a message that is sent twice at the same
# time is recorded once.
_ADVANCE = """
    WITH intake AS (
        INSERT INTO metering_intake AS intake
            (cluster_id, accepted, repeated, too_old, too_new, last_at)
        VALUES (%(cluster)s, %(timely)s, 0, %(too_old)s, %(too_new)s, %(last_at)s)
        ON CONFLICT (cluster_id) DO UPDATE SET
            accepted = intake.accepted + EXCLUDED.accepted,
            too_old = intake.too_old + EXCLUDED.too_old,
            too_new = intake.too_new + EXCLUDED.too_new,
            last_at = GREATEST(intake.last_at, EXCLUDED.last_at)
    ), pending AS (
        INSERT INTO metering_pendingbucket AS waiting (bucket, cluster_id)
        SELECT bucket, %(cluster)s FROM unnest(%(buckets)s::timestamptz[]) AS bucket
        ON CONFLICT (bucket, cluster_id) DO UPDATE SET revision = waiting.revision + 1
    )
    INSERT INTO metering_cursor AS cursor (cluster_id, node, at)
    SELECT %(cluster)s, node, at
    FROM unnest(%(nodes)s::text[], %(newest)s::timestamptz[]) AS seen (node, at)
    ON CONFLICT (cluster_id, node) DO UPDATE SET at = GREATEST(cursor.at, EXCLUDED.at)
    RETURNING node, old.at, (
        SELECT bool_and(to_regclass(name) IS NOT NULL) FROM unnest(%(partitions)s::text[]) AS name
    )
"""
_REPEATED = """
    UPDATE metering_intake
    SET accepted = accepted - %(repeated)s, repeated = repeated + %(repeated)s
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
    oldest, newest = SAMPLES.oldest(now), now + AHEAD
    timely = sorted(
        (sample for sample in samples if oldest <= sample.at <= newest), key=attrgetter("at")
    )
    too_old = too_new = 0
    if len(timely) < len(samples):
        too_old = sum(sample.at < oldest for sample in samples)
        too_new = len(samples) - len(timely) - too_old
        log.warning(
            "samples refused",
            extra={"cluster": str(cluster_id), "too_old": too_old, "too_new": too_new},
        )
    # No savepoint of its own: a failure here takes the caller's transaction with it.
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        before = _advance(cluster_id, timely, too_old=too_old, too_new=too_new)
        fresh = _fresh(timely, before)
        _copy(cursor, cluster_id, fresh)
        if repeated := len(timely) - len(fresh):
            cursor.execute(_REPEATED, {"cluster": cluster_id, "repeated": repeated})
    return len(fresh)


def _advance(
    cluster_id: UUID, samples: list[Sample], *, too_old: int, too_new: int
) -> dict[str, datetime | None]:
    """Move the cursors to the newest of these samples, sorted by time; return what they were."""
    cursors = {sample.node: sample.at for sample in samples}
    nodes = sorted(cursors)
    days = {sample.at.date(): sample.at for sample in samples}
    parameters = {
        "cluster": cluster_id,
        "nodes": nodes,
        "newest": [cursors[node] for node in nodes],
        "buckets": sorted({_bucket(sample.at) for sample in samples}),
        "partitions": [SAMPLES.name(at) for at in days.values()],
        "timely": len(samples),
        "too_old": too_old,
        "too_new": too_new,
        "last_at": samples[-1].at if samples else None,
    }
    rows = _prepared(_ADVANCE, parameters)
    if not all(ready for _, _, ready in rows):
        partitions.ensure(SAMPLES, days.values())
    return {node: before for node, before, _ in rows}


def _prepared(query: LiteralString, asked: Mapping[str, object]) -> list[tuple[Any, ...]]:
    """Return the rows of a query that the database plans once for each connection."""
    connection.ensure_connection()
    # The pipeline sends the transaction's BEGIN along.
    with (
        connection.wrap_database_errors,
        connection.connection.pipeline(),
        Cursor(connection.connection) as cursor,
    ):
        return cursor.execute(query, asked, prepare=True).fetchall()


def _fresh(samples: list[Sample], before: Mapping[str, datetime | None]) -> list[Sample]:
    """Return those of the samples, sorted by time, that are newer than all before of their node."""
    newest = dict(before)
    fresh = []
    for sample in samples:
        last = newest[sample.node]
        if last is None or sample.at > last:
            newest[sample.node] = sample.at
            fresh.append(sample)
    return fresh


def _copy(cursor: CursorWrapper, cluster_id: UUID, samples: list[Sample]) -> None:
    if not samples:
        return
    with cursor.copy(_COPY) as copy:
        copy.set_types(_TYPES)
        for sample in samples:
            copy.write_row((cluster_id, *_row(sample)))


def _bucket(at: datetime) -> datetime:
    return at - (at - _EPOCH) % BUCKET
