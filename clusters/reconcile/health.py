"""Judge a cluster's health at the end of each pass, and write it down where it changed."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models.functions import Now

from clouds.access import has_cloud
from clusters.agent_report import has_fresh_report
from clusters.models import Cluster, Node
from clusters.models.event import EventSeverity
from clusters.queries.health_facts import facts_of
from clusters.reconcile import observe
from clusters.scaling.failed_starts import has_failed_lately
from clusters.transitions import note
from domain.events import EventKind
from domain.health.model import Level, Verdict
from domain.health.plain import plain_findings
from domain.health.verdict import verdict_of
from domain.lifecycle import ClusterState, NodeState

# What is worth an event: less than that comes and goes.
_ALARMING = {Level.STUCK, Level.BLIND}


def judge(cluster: Cluster, nodes: Sequence[Node] | None, *, timeouts: int) -> None:
    """Write down how the cluster is after a pass over its live `nodes`; None: it came to none.

    Nothing is read where nothing can be wrong.
    """
    if nodes is None:
        nodes = observe.live_nodes(cluster)
    elif not timeouts and _is_quiet(cluster, nodes):
        return
    _write(cluster, verdict_of(facts_of(cluster, nodes, timeouts=timeouts)))


def _is_quiet(cluster: Cluster, nodes: Sequence[Node]) -> bool:
    run = cluster.run
    if cluster.health != Level.FINE or run.last_error or run.waits or has_failed_lately(cluster):
        return False
    is_calm = all(node.state == NodeState.READY for node in nodes)
    return is_calm and has_cloud(cluster) and has_fresh_report(cluster)


def _write(cluster: Cluster, verdict: Verdict) -> None:
    findings = plain_findings(verdict)
    before = Level(cluster.health)
    if findings == cluster.findings and verdict.level is before:
        return
    fields: dict[str, object] = {"findings": findings, "health": verdict.level.value}
    if verdict.level is not before:
        fields["health_since"] = Now()
    held = Cluster.objects.filter(pk=cluster.pk, lease_token=cluster.lease_token)
    with transaction.atomic():
        if held.update(**fields) and cluster.state != ClusterState.FAILED:
            _tell(cluster, before, verdict)
    cluster.health, cluster.findings = verdict.level.value, findings


def _tell(cluster: Cluster, before: Level, verdict: Verdict) -> None:
    after = verdict.level
    if after == before or not {before, after} & _ALARMING:
        return
    is_worse = after in _ALARMING
    severity = EventSeverity.ERROR if is_worse else EventSeverity.INFO
    note(
        cluster,
        verdict.sentence if is_worse else f"No longer {before}.",
        kind=EventKind.CLUSTER_HEALTH_CHANGED,
        fields={
            "from": before,
            "to": after,
            "findings": [finding.sentence for finding in verdict.findings],
        },
        severity=severity,
    )
