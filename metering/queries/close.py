"""A cluster's use in steps of seconds: from the samples themselves, for what is kept of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

KINDS = ("cpu", "memory", "gpu")
_OF_A_NODE = ", ".join(
    f"avg({kind}_used) AS {kind}_used, "
    f"avg({kind}_capacity) FILTER (WHERE {kind}_used IS NOT NULL) AS {kind}_capacity"
    for kind in KINDS
)
_SHARES = ", ".join(f"sum({kind}_used) / nullif(sum({kind}_capacity), 0)" for kind in KINDS)
_QUERY = f"""
    SELECT step, {_SHARES} FROM (
        SELECT node, floor(extract(epoch FROM at - %(since)s) / %(seconds)s)::int AS step,
            {_OF_A_NODE}
        FROM metering_sample
        WHERE cluster_id = %(cluster)s AND at >= %(since)s AND at < %(until)s
        GROUP BY node, step
    ) AS of_nodes
    GROUP BY step ORDER BY step
"""  # noqa: S608 - of constants


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """Which share of CPUs, memory and GPUs was in use in each step that was measured."""

    steps: Sequence[int]  # counted from the beginning of the range
    of: Mapping[str, Sequence[float | None]]


def shares_in_steps(
    cluster_id: UUID, *, since: datetime, until: datetime, seconds: float
) -> Shares:
    """Return the use of a cluster in steps of so many seconds; a step sums up all its nodes."""
    values: dict[str, Any] = {
        "cluster": cluster_id,
        "since": since,
        "until": until,
        "seconds": seconds,
    }
    with connection.cursor() as cursor:
        cursor.execute(_QUERY, values)
        rows = cursor.fetchall()
    steps, *columns = zip(*rows, strict=True) if rows else [()] * (1 + len(KINDS))
    return Shares(steps=steps, of=dict(zip(KINDS, columns, strict=True)))
