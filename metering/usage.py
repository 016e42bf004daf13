"""How much of its nodes' capacity was held and used, hour by hour, for splitting their cost."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

# By node and the hour's first moment.
type Usage = Mapping[tuple[str, datetime], NodeHour]

_RESOURCES = ("cpu", "memory", "gpu")
_COLUMNS = ", ".join(
    f"{resource}_{what}_mean" for resource in _RESOURCES for what in ("capacity", "held", "used")
)


@dataclass(frozen=True, slots=True)
class Means:
    """Means of one resource over an hour: cores, bytes or GPUs; None is unknown."""

    capacity: float | None
    held: float | None
    used: float | None


@dataclass(frozen=True, slots=True)
class NodeHour:
    """What one node did within one hour."""

    cpu: Means
    memory: Means
    gpu: Means


def usage_of(since: Mapping[str, datetime], *, clusters: Collection[UUID]) -> Usage:
    """Return the known use of each node in the hours from the one that `since` names for it."""
    hours = {at.replace(minute=0, second=0, microsecond=0) for at in since.values()}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT node, bucket, {_COLUMNS} FROM metering_rollup_1h
                WHERE cluster_id = ANY(%s) AND node = ANY(%s) AND bucket >= %s""",  # noqa: S608
            [list(clusters), list(since), min(hours)],
        )
        return {
            (node, bucket): NodeHour(
                cpu=Means(*means[0:3]), memory=Means(*means[3:6]), gpu=Means(*means[6:9])
            )
            for node, bucket, *means in cursor.fetchall()
        }
