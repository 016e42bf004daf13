"""What the pages ask about clusters, counted and joined here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum

from accounts.models import Team, User
from clouds.access import access_of_row
from clusters.logs.text import without_terminal_codes
from clusters.models import Cluster, Event, Group, Job, JobLog, Node, ScalingDecision
from clusters.nodes.with_groups import nodes_with_groups
from domain.events import EventKind
from domain.lifecycle import (
    LEAVING_NODE_STATES,
    ClusterState,
    NodeRole,
    NodeState,
)


def clusters_of(user: User, *, team: Team, state: str = "", words: str = "") -> QuerySet[Cluster]:
    """Return the team's clusters with node counts and price, in no order.

    `state` is one of ClusterState, "live" (everything but terminated, the default) or "all".
    """
    rows = Cluster.objects.visible_to(user).filter(team=team)
    if state in {"", "live"}:
        rows = rows.exclude(state=ClusterState.TERMINATED)
    elif state != "all":
        rows = rows.filter(state=state)
    if words:
        rows = rows.filter(
            Q(name__icontains=words)
            | Q(version__template__name__icontains=words)
            | Q(owner__email__icontains=words)
        )
    return with_counts(rows)


def with_counts(rows: QuerySet[Cluster]) -> QuerySet[Cluster]:
    """Add `ready_count`, `node_count` and `hourly_microusd` of the live nodes; None: none."""
    nodes = Node.objects.filter(cluster=OuterRef("pk")).exclude(state=NodeState.TERMINATED)
    live = nodes.order_by().values("cluster")
    ready = live.filter(state=NodeState.READY)
    with_names = rows.select_related(
        "run", "version__template", "owner", "cloud", "team", "release"
    )
    return with_names.annotate(
        node_count=Subquery(live.annotate(n=Count("pk")).values("n")),
        ready_count=Subquery(ready.annotate(n=Count("pk")).values("n")),
        hourly_microusd=Subquery(live.annotate(n=Sum("hourly_microusd")).values("n")),
    )


def cluster_for_page(user: User) -> QuerySet[Cluster]:
    """Return the clusters a page may show, with all that its header names."""
    rows = with_counts(Cluster.objects.visible_to(user))
    rows = rows.annotate(has_cloud=access_of_row())
    return rows.select_related(
        "image_version__image",
        "version__template",
        "owner",
        "cloud",
        "team",
        "release__environment",
        "release__template",
        "replaced_by",
    )


def nodes_of(cluster: Cluster) -> list[Node]:
    """Return the live nodes, head first."""
    return _nodes_and_groups(cluster)[0]


def _nodes_and_groups(cluster: Cluster) -> tuple[list[Node], list[Group]]:
    """Return the live nodes, head first, with their groups, and all groups."""
    rows = cluster.nodes.exclude(state=NodeState.TERMINATED).order_by("role", "pk")
    return nodes_with_groups(cluster, rows)


def ended_nodes_of(cluster: Cluster) -> QuerySet[Node]:
    """Return the nodes that ended, in no order."""
    rows: QuerySet[Node] = cluster.nodes.select_related("group")
    return rows.filter(state=NodeState.TERMINATED)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """A group with how many of its nodes there are."""

    group: Group
    ready: int
    coming: int
    leaving: int

    @property
    def live(self) -> int:
        return self.ready + self.coming + self.leaving


def _group_rows(groups: list[Group], nodes: list[Node]) -> list[GroupRow]:
    """Return the worker groups with the counts of their nodes."""
    rows = []
    for group in groups:
        if group.role != NodeRole.WORKER:
            continue
        states = [node.state for node in nodes if node.group_id == group.pk]
        leaving = sum(s in LEAVING_NODE_STATES for s in states)
        ready = states.count(NodeState.READY)
        coming = len(states) - ready - leaving
        rows.append(GroupRow(group=group, ready=ready, coming=coming, leaving=leaving))
    return rows


type Rows = tuple[list[Node], list[GroupRow]]


def rows_of(cluster: Cluster) -> Rows:
    """Return the live nodes, and the groups of workers with their counts."""
    nodes, groups = _nodes_and_groups(cluster)
    return nodes, _group_rows(groups, nodes)


def events_of(cluster: Cluster, *, kind: str = "") -> QuerySet[Event]:
    """Return the events, of one EventKind or else of all, with who did it and which node."""
    rows: QuerySet[Event] = cluster.events.select_related("actor", "node__group")
    return rows.filter(kind=kind) if kind in EventKind else rows


def latest_events(user: User, *, team: Team, limit: int = 12) -> list[Event]:
    """Return the newest events of the team's clusters that are not about single nodes' steps."""
    rows = Event.objects.filter(cluster__team=team, cluster__in=Cluster.objects.visible_to(user))
    rows = rows.filter(Q(node=None) | ~Q(severity="info"))
    return list(rows.select_related("cluster", "actor", "node__group").order_by("-pk")[:limit])


def decisions_of(cluster: Cluster) -> QuerySet[ScalingDecision]:
    """Return the scaling decisions, the newest first."""
    rows: QuerySet[ScalingDecision] = cluster.decisions.all()
    return rows


JOB_STATUSES = {
    "active": "Pending or running",
    "SUCCEEDED": "Succeeded",
    "FAILED": "Failed",
    "STOPPED": "Stopped",
}


def jobs_of(cluster: Cluster, *, status: str = "") -> QuerySet[Job]:
    """Return the jobs of one of JOB_STATUSES or else all, the newest first."""
    rows: QuerySet[Job] = cluster.jobs.select_related("submitted_by")
    if status == "active":
        return rows.exclude(status__in=Job.OVER)
    return rows.filter(status=status) if status in JOB_STATUSES else rows


LOG_PAGE = 256 * 1024  # bytes of log a page shows at most
LOG_LIMIT = 16 * 2**20  # bytes of log kept of one job, from its beginning


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPart:
    text: str
    offset: int  # bytes from the log's beginning
    end: int
    is_cut: bool  # older output was removed


def log_of(job: Job, *, after: int | None = None) -> LogPart:
    """Return the log from the byte `after` on, or its last 256 KiB."""
    start = max(0, min(job.log_bytes, LOG_LIMIT) - LOG_PAGE) if after is None else after
    # Nothing was received before the job was known, by any clock: older partitions are not read.
    since = job.created_at - timedelta(days=1)
    pieces = JobLog.objects.filter(job=job, at__gte=since).order_by("offset")
    found = list(pieces.filter(offset__gte=start))
    first = pieces.values_list("offset", flat=True).first()
    is_cut = job.log_bytes > 0 and first != 0
    offset = found[0].offset if found else start
    text = "".join(piece.text for piece in found)
    end = offset + sum(len(piece.text.encode()) for piece in found)
    return LogPart(text=without_terminal_codes(text), offset=offset, end=end, is_cut=is_cut)


LONGEST_NAME = 40


def free_name(team: Team, base: str, *, ending: str = "") -> str:
    """Return a cluster name made from `base` that no live cluster of the team has.

    It may be taken before it is used: the service that launches has the last word.
    """
    rows = Cluster.objects.filter(team=team).exclude(state=ClusterState.TERMINATED)
    taken = set(rows.values_list("name", flat=True))
    stem = re.sub(r"[^a-z0-9]+", "-", base.lower()).strip("-")
    if not stem[:1].isalpha():
        stem = f"cluster-{stem}".strip("-")
    suffixes = (ending, *(f"{ending}-{number}" for number in range(2, len(taken) + 2)))
    names = (f"{stem[: LONGEST_NAME - len(suffix)].rstrip('-')}{suffix}" for suffix in suffixes)
    return next(name for name in names if name not in taken)
