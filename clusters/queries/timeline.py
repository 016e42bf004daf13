"""Where a cluster and its nodes stand, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from clouds.access import has_cloud, taken_away
from clusters.models import Cluster, Node
from domain.lifecycle import ClusterState, NodeState
from domain.offerings import ProviderKind
from domain.wording import duration
from providers import registry

_ENDING = {ClusterState.TERMINATING, ClusterState.TERMINATED}
_NEXT = {
    ClusterState.REQUESTED: "Launch starts within a second.",
    ClusterState.STARTING: "The head node is starting.",
    ClusterState.RUNNING: "Run a test workload or submit a job. Workers launch on demand.",
    ClusterState.STOPPING: "Terminating the machines. The cluster can be started again.",
    ClusterState.STOPPED: "No machines, no cost. Start launches new machines.",
    ClusterState.TERMINATING: "Terminating the machines. The cluster cannot be restarted.",
    ClusterState.TERMINATED: "Jobs, logs, events and cost stay available.",
    ClusterState.FAILED: "See Events for the cause. Start launches new machines.",
}

type _Span = tuple[str, datetime | None, datetime | None]
# The steps of a machine that reports them, as docs/nodes.md lists them.
_STEPS = {"boot": "Boot", "disk": "Disks", "pull": "Image", "join": "Ray"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    label: str
    state: str  # "done", "now", "failed" or "todo"
    seconds: float | None


def phases(node: Node, now: datetime) -> list[Phase]:
    """Return the node's steps: waiting for a worker, the provider, the start of the machine."""
    over = node.ended_at or node.terminating_at
    moments = [
        ("Queue", node.requested_at, node.launched_at),
        ("Provider", node.launched_at, node.booted_at),
        *(_reported(node) or [("Ray boot", node.booted_at, node.ready_at)]),
    ]
    found = [_phase(label, start, end, over=over, now=now) for label, start, end in moments]
    return [*found, _up(node)]


def _reported(node: Node) -> list[_Span]:
    """Return what the machine itself reported, where it does: where the time went."""
    found: list[_Span] = []
    for step in node.startup:
        label = _STEPS.get(step["step"])
        if label is None:
            continue
        ended = step["ended"] if step["state"] == "done" else None
        end = datetime.fromisoformat(ended) if ended else None
        if step["step"] == "join":  # until Ray's head lists the node
            end = node.ready_at
        found.append((label, datetime.fromisoformat(step["began"]), end))
    return found


def _phase(
    label: str,
    start: datetime | None,
    end: datetime | None,
    *,
    over: datetime | None,
    now: datetime,
) -> Phase:
    if start is None:
        return Phase(label=label, state="todo", seconds=None)
    if end is not None:
        return Phase(label=label, state="done", seconds=(end - start).total_seconds())
    if over is not None:
        return Phase(label=label, state="failed", seconds=(over - start).total_seconds())
    return Phase(label=label, state="now", seconds=(now - start).total_seconds())


def _up(node: Node) -> Phase:
    if node.ready_at is None:
        return Phase(label="Ready", state="todo", seconds=None)
    label = "Draining" if node.state == NodeState.DRAINING else "Ready"
    seconds = (node.ready_at - node.requested_at).total_seconds()
    return Phase(label=label, state="done", seconds=seconds)


def next_step(cluster: Cluster) -> str:
    """Return what happens next, or what the reader can do next."""
    state = ClusterState(cluster.state)
    if not has_cloud(cluster) and state not in _ENDING:
        words = taken_away(cluster.cloud, team=cluster.team)
        return f"It launches no new nodes. {words}" if state is ClusterState.RUNNING else words
    if cluster.replaced_by and state is ClusterState.RUNNING:
        return f"Its work ends here, then it is terminated. New jobs go to {cluster.replaced_by}."
    usual = registry.traits_of(ProviderKind(cluster.cloud.provider)).usual_start
    if state is ClusterState.STARTING and usual:
        return f"The head node is starting; this usually takes about {duration(usual)}."
    return _NEXT[state]
