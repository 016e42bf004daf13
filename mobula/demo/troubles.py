"""Sample clusters that need attention: facts as real ones leave them, judged as real ones are."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from clusters.models import Cluster, Event, Node, NodeLog, NodeLogFile, Run
from clusters.models.event import EventSeverity
from clusters.queries.health_facts import facts_of
from clusters.reconcile.observe import live_nodes
from domain.events import EventKind
from domain.failures import brief
from domain.health.model import Level, Verdict, Wait
from domain.health.plain import plain_findings, plain_waits
from domain.health.verdict import verdict_of
from domain.lifecycle import ClusterState, ClusterTarget, EndCause, NodeRole, NodeState
from domain.planner.explanation.causes import StopKind
from mobula.demo.sample import BOOT, Sample

MINUTE = timedelta(minutes=1)
TIMED_OUT = """\
INFO scripts.py:1064 -- Local node IP: 10.0.3.17
Exception: The current node timed out during startup. This could happen because some of the Ray \
processes failed to startup.
"""
RECLAIMED = "Server.SpotInstanceTermination: Spot instance termination"
NO_IMAGE = (
    "Error response from daemon: manifest for rayproject/ray:2.60.0-py313 not found: manifest "
    "unknown: manifest unknown"
)
# The cluster's name: what happens to it. Each of them runs, whenever the sample is written.
STARTS_FAIL, LOSES_NODE = "bert-finetune", "resnet-sweep"
FITS_NOWHERE, AT_MAXIMUM = "serve-search", "features-users"
FAILED = "backtest"  # one of this template that does not run


def write_troubles(samples: Sequence[Sample], *, now: datetime) -> list[Node]:
    """Let some clusters need attention; return the nodes that came and went meanwhile."""
    by_name = {sample.cluster.name: sample.cluster for sample in samples}
    stopped = [
        sample.cluster
        for sample in samples
        if sample.template.name == FAILED and not sample.sessions[-1].is_open
    ]
    nodes = _let_starts_fail(by_name[STARTS_FAIL], now)
    nodes += _lose_node(by_name[LOSES_NODE], now)
    wait = _wait("GPU:1", 4, "no group has GPU", now - 25 * MINUTE)
    _let_wait(by_name[FITS_NOWHERE], replace(wait, is_never=True), {"GPU": 1})
    stops, groups = (StopKind.GROUP_MAXIMUM,), ("cpu",)
    wait = _wait("CPU:8", 6, "group cpu is at its maximum of 4", now - 12 * MINUTE)
    _let_wait(by_name[AT_MAXIMUM], replace(wait, stops=stops, groups=groups), {"CPU": 8})
    troubled = [by_name[name] for name in (STARTS_FAIL, LOSES_NODE, FITS_NOWHERE, AT_MAXIMUM)]
    if stopped:
        nodes += _let_fail(stopped[0], now)
        troubled.append(stopped[0])
    for cluster in troubled:
        _judge(cluster, now)
    return nodes


def _let_starts_fail(cluster: Cluster, now: datetime) -> list[Node]:
    """Let three nodes of the worker group fail to start, while tasks wait for it."""
    moments = [now - minutes * MINUTE for minutes in (7, 4, 1)]
    nodes = [
        _failed_node(cluster, at=at, cause=EndCause.START_TIMED_OUT, text=TIMED_OUT)
        for at in moments
    ]
    cluster.run.failed_at = moments[-1]
    group = nodes[0].group.name
    wait = Wait(
        what="GPU:1",
        count=15,
        reason=f"group {group} cannot scale out now: 3 of its nodes failed to start in 10 minutes",
        stops=(StopKind.GROUP_COOLING,),
        groups=(group,),
        since=now - 14 * MINUTE,
    )
    _let_wait(cluster, wait, {"GPU": 1})
    return nodes


def _lose_node(cluster: Cluster, now: datetime) -> list[Node]:
    at = now - 4 * MINUTE
    node = _failed_node(cluster, at=at, cause=EndCause.INTERRUPTED, text=RECLAIMED)
    cluster.run.failed_at = at
    cluster.run.save(update_fields=["failed_at"])
    return [node]


def _let_fail(cluster: Cluster, now: datetime) -> list[Node]:
    """Let the cluster's newest start fail: its head's image cannot be pulled."""
    began, ended = now - 52 * MINUTE, now - 47 * MINUTE
    cluster.run = Run.objects.create(
        cluster=cluster,
        number=cluster.run.number + 1,
        requested_at=began,
        ended_at=ended,
        end_reason=NO_IMAGE,
        agent_token_hash=hashlib.sha256(secrets.token_bytes()).hexdigest(),
    )
    cluster.state, cluster.target = ClusterState.FAILED, ClusterTarget.RUNNING
    cluster.state_since = ended
    cluster.save(update_fields=["run", "state", "target", "state_since"])
    cause = EndCause.START_FAILED
    return [_failed_node(cluster, at=ended, cause=cause, text=NO_IMAGE, role=NodeRole.HEAD)]


def _failed_node(
    cluster: Cluster,
    *,
    at: datetime,
    cause: EndCause,
    text: str,
    role: NodeRole = NodeRole.WORKER,
) -> Node:
    """Write a node that ended so, with its log and its event."""
    group = cluster.groups.get(role=role)
    like = cluster.nodes.filter(group=group).latest("pk")
    number, is_start = cluster.next_node, cause is not EndCause.INTERRUPTED
    cluster.next_node = number + 1
    cluster.save(update_fields=["next_node"])
    began = at - (BOOT if is_start else timedelta(hours=2))
    node = Node.objects.create(
        name=f"{cluster.handle}-{number}",
        cluster=cluster,
        group=group,
        run=cluster.run,
        version=cluster.version,
        role=role,
        market=like.market,
        state=NodeState.TERMINATED,
        hourly_microusd=like.hourly_microusd,
        requested_at=began,
        launched_at=began,
        booted_at=began + MINUTE,
        ready_at=None if is_start else began + BOOT,
        address=f"10.0.3.{number % 250 + 4}",
        total=group.resources,
        terminating_at=at,
        ended_at=at + MINUTE / 2,
        end_cause=cause,
        end_reason=text,
        decision_reason=like.decision_reason,
    )
    file = NodeLogFile.objects.create(
        node=node, name="start.log", size=len(text), end=len(text), modified_at=at
    )
    NodeLog.objects.create(file=file, cluster=cluster, at=at, offset=0, size=len(text), text=text)
    Event.objects.create(
        cluster=cluster,
        node=node,
        at=at,
        kind=EventKind.NODE_START_FAILED if is_start else EventKind.NODE_INTERRUPTED,
        severity=EventSeverity.ERROR if is_start else EventSeverity.WARNING,
        message=brief(text),
        fields={"text": text},
    )
    return node


def _wait(what: str, count: int, reason: str, since: datetime) -> Wait:
    return Wait(what=what, count=count, reason=reason, since=since)


def _let_wait(cluster: Cluster, wait: Wait, shape: dict[str, float]) -> None:
    """Let work wait for nodes, as the agent reports it and the last plan has it."""
    run = cluster.run
    run.demand = {**run.demand, "shapes": [{"resources": shape, "count": wait.count}]}
    run.waits, run.waiting_since = plain_waits([wait]), wait.since
    run.drivers, run.idle_since = max(run.drivers or 0, 1), None
    run.save()


def _judge(cluster: Cluster, now: datetime) -> None:
    """Write down how the cluster is; time stands still, so it names no moment of a next try."""
    verdict = verdict_of(facts_of(cluster, live_nodes(cluster), timeouts=0))
    findings = [replace(finding, next_try=None) for finding in verdict.findings]
    cluster.findings = plain_findings(Verdict(findings=tuple(findings)))
    cluster.health, cluster.health_since = verdict.level.value, now - MINUTE
    cluster.save(update_fields=["findings", "health", "health_since"])
    if verdict.level is Level.STUCK:
        Event.objects.create(
            cluster=cluster,
            at=now - MINUTE / 2,
            kind=EventKind.CLUSTER_HEALTH_CHANGED,
            severity=EventSeverity.ERROR,
            message=verdict.sentence,
            fields={"from": Level.FINE, "to": verdict.level},
        )
