"""What the head agent reported last, as far as it still counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.utils.timezone import now

from clusters.models import Cluster
from domain.demand import Demand, demand_from_report

# An agent that was silent for so long says nothing about now.
REPORT_LIMIT = timedelta(seconds=30)
# Without a word from the agent for so long, the head is asked to start it again.
AGENT_SILENCE = timedelta(seconds=15)
# Sample data have no agent: a report of this moment always counts.
SAMPLE_REPORT = datetime(9999, 1, 1, tzinfo=UTC)


def has_fresh_report(cluster: Cluster) -> bool:
    """Return whether the agent has spoken lately enough for its word to count."""
    return is_fresh(cluster.run.agent_seen_at, moment=now())


def is_fresh(seen: datetime | None, *, moment: datetime) -> bool:
    """Return whether a report that was received at `seen` still counts at `moment`."""
    if seen is None:
        return False
    # One from the future is from before the clock was set back: the next one tells.
    return abs(moment - seen) < REPORT_LIMIT or seen == SAMPLE_REPORT


def current_demand(cluster: Cluster) -> Demand:
    """Return what Ray waits for, or nothing when the last report is too old to act on."""
    if not cluster.run.demand_at or not has_fresh_report(cluster):
        return Demand()
    return demand_from_report(cluster.run.demand)
