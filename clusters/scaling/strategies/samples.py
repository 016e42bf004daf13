"""Every five minutes: what each group needed, had, and was asked to have."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.db.models import Prefetch, QuerySet
from django.utils.timezone import now

from clusters.agent_report import current_demand, has_fresh_report
from clusters.models import Cluster, Node, ScalingSample
from clusters.scaling.strategies.floors import floors_of
from clusters.scaling.strategies.forecasts import expected_at
from clusters.scaling.strategies.rule_inputs import (
    facts_of,
    moment_now,
    needed_nodes,
    stored,
    waiting_since,
)
from domain.lifecycle import ClusterState, NodeRole, NodeState
from domain.strategies.expression import Facts

STEP = timedelta(minutes=5)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def take() -> int:
    """Sample every running cluster, once in five minutes; return how many rows were new."""
    moment = now()
    at = moment - (moment - _EPOCH) % STEP
    rows = [row for cluster in _running() for row in _rows(cluster, at)]
    before = ScalingSample.objects.filter(at=at).count()
    # Messages may come twice: what was sampled first stands.
    ScalingSample.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
    return ScalingSample.objects.filter(at=at).count() - before


def _running() -> QuerySet[Cluster]:
    live = Node.objects.exclude(state=NodeState.TERMINATED).select_related("group")
    rows = Cluster.objects.filter(state=ClusterState.RUNNING).select_related("run")
    return rows.prefetch_related(
        "groups", "forecasts", Prefetch("nodes", live, to_attr="live_nodes")
    )


def _rows(cluster: Cluster, at: datetime) -> Iterable[ScalingSample]:
    """Return a sample of each worker group; of a cluster whose agent is silent, none."""
    if not has_fresh_report(cluster):
        return []
    demand, nodes = current_demand(cluster), _nodes(cluster)
    groups = [group for group in cluster.groups.all() if group.role == NodeRole.WORKER]
    moment = moment_now()
    floors = floors_of(cluster, groups, nodes, demand, moment=moment)
    since = waiting_since(cluster, demand, moment=moment)
    facts = {
        group.name: facts_of(
            cluster, group=group.name, nodes=nodes, demand=demand, since=since, moment=moment
        )
        for group in groups
    }
    most = {name: found[0].nodes for name, found in floors.items()}
    return [_row(cluster, name, at, facts[name], floor=most.get(name, 0)) for name in facts]


def _row(cluster: Cluster, group: str, at: datetime, facts: Facts, *, floor: int) -> ScalingSample:
    forecast = next((row for row in cluster.forecasts.all() if row.group == group), None)
    expected, upper = expected_at(forecast, at)
    return ScalingSample(
        cluster=cluster,
        group=group,
        at=at,
        needed=needed_nodes(facts),
        ready=round(facts.busy_nodes + facts.idle_nodes),
        floor=floor,
        expected=expected,
        expected_upper=upper,
        facts=stored(facts),
    )


def _nodes(cluster: Cluster) -> list[Node]:
    found: list[Node] = cluster.live_nodes  # type: ignore[attr-defined]
    return found
