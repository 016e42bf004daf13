"""Reports that say what the one before said: all that is written is when the agent spoke.

Whether a report may be passed over is decided in one query and by its digest. The digest covers
all of a report that is stored and may be the same twice; times of idleness, which grow, are
compared with when the report of the digest was stored. Where in doubt the report is stored whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.utils.timezone import now

from clusters.agent.credentials import Credentials
from clusters.agent.samples import samples_of
from clusters.nodes.tokens import hashed
from domain.lifecycle import ENDED_CLUSTER_STATES, ClusterTarget, NodeState
from metering.samples import record

# Once in so long a report is stored whole, whatever it says.
AGAIN = timedelta(seconds=60)
# Ray's count of idle seconds is this wrong at most, and what it tells this late.
IDLE_SLACK = timedelta(seconds=5)
# Of a node, all that `clusters.agent.nodes` reads, except for how long it has been idle.
_OF_NODE = ("node", "ray_node_id", "address", "actors", "total", "available")
_OF_REPORT = (
    *("ray_version", "python_version", "session", "healthy", "dead"),
    *("demand", "drivers", "active_actors", "workspace"),
)
_ONCE = ("jobs", "logs", "node_logs", "results")

_WHO = """
    SELECT run.id, run.number, cluster.id, cluster.run_id = run.id,
        cluster.state = ANY(%(ended)s) OR cluster.target = %(no_more)s,
        run.report_digest, run.report_at,
        EXISTS (
            SELECT FROM clusters_node AS node
            WHERE node.cluster_id = cluster.id AND node.state <> %(gone)s
                AND (node.state <> %(ready)s OR node.logs_wanted_until > now())
        ) OR EXISTS (
            SELECT FROM clusters_command AS command
            WHERE command.cluster_id = cluster.id AND command.finished_at IS NULL
        )
    FROM clusters_run AS run JOIN clusters_cluster AS cluster ON cluster.id = run.cluster_id
    WHERE run.agent_token_hash = %(token)s
"""
_STATES: dict[str, Any] = {
    "ended": [state.value for state in ENDED_CLUSTER_STATES],
    "no_more": ClusterTarget.TERMINATED.value,
    "gone": NodeState.TERMINATED.value,
    "ready": NodeState.READY.value,
}
# A run that ends locks its row: then nothing is written to it any more.
_SEEN = """
    UPDATE clusters_run SET agent_seen_at = %s
    WHERE id = %s AND report_digest = %s AND ended_at IS NULL
"""


class Speaker(NamedTuple):
    """The run whose agent sent a report, and what an answer depends on."""

    run_id: int
    number: int
    cluster_id: UUID
    is_current: bool
    is_over: bool  # nothing is left to do for the agent
    report_digest: str
    report_at: datetime | None
    is_waited_for: bool  # a node moves, a command waits, or somebody reads logs


def speaker(given: Credentials | None) -> Speaker | None:
    """Return who has these credentials, in one query; None when nobody does."""
    if given is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_WHO, {**_STATES, "token": hashed(given.token)})
        row = cursor.fetchone()
    if row is None:
        return None
    who = Speaker(*row)
    return None if given.cluster and given.cluster != str(who.cluster_id) else who


def digest_of(report: Mapping[str, Any]) -> str:
    """Return 32 hex digits for what a report says of lasting things; "": it cannot be compared."""
    try:
        told = [
            [[item.get(name) for name in _OF_NODE], _idle_seconds(item) is not None]
            for item in report.get("nodes", ())
        ]
        lasting = [told, [report.get(name) for name in _OF_REPORT]]
        text = json.dumps(lasting, sort_keys=True, separators=(",", ":"))
    except (AttributeError, TypeError, ValueError):
        return ""  # who stores it says what is wrong
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def is_unchanged(who: Speaker, report: Mapping[str, Any]) -> bool:
    """Return whether storing the report would write nothing but when it came, and its samples."""
    if who.is_waited_for or not who.report_digest or who.report_at is None:
        return False
    age = now() - who.report_at
    if not timedelta(0) <= age <= AGAIN or any(report.get(name) for name in _ONCE):
        return False
    # A node that was used since the stored report has been idle for less long than that.
    if any(seconds <= (age + IDLE_SLACK).total_seconds() for seconds in _idle_times(report)):
        return False
    return digest_of(report) == who.report_digest


def note_unchanged(who: Speaker, report: Mapping[str, Any]) -> bool:
    """Write down that the agent spoke, and its samples; return False if something came between."""
    samples = report.get("samples")
    if not samples:
        return _note_seen(who)
    with transaction.atomic():
        if not _note_seen(who):
            return False
        record(who.cluster_id, samples_of(who.cluster_id, samples))
    return True


def _note_seen(who: Speaker) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_SEEN, (now(), who.run_id, who.report_digest))
        return bool(cursor.rowcount == 1)


def _idle_times(report: Mapping[str, Any]) -> Iterator[float]:
    for item in report.get("nodes", ()):
        if (seconds := _idle_seconds(item)) is not None:
            yield float(seconds)


def _idle_seconds(item: Mapping[str, Any]) -> Any:
    return item.get("idle_seconds") if item.get("status") == "IDLE" else None
