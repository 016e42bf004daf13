"""Take in what a head agent reports, and answer with what it should do."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, transaction
from django.db.models import Count, F, Q
from django.utils.timezone import now

from clusters import runs
from clusters.agent import bounds
from clusters.agent.jobs import store_jobs, store_logs
from clusters.agent.node_logs import store_node_logs
from clusters.agent.nodes import Found, finish_commands, store_nodes
from clusters.agent.samples import samples_of
from clusters.agent.unchanged import Speaker, digest_of, is_unchanged, note_unchanged
from clusters.agent.workspace import workspace_of
from clusters.models import Cluster, Run
from clusters.services.waking import wake_for_report
from domain.demand import demand_from_report
from domain.lifecycle import ENDED_CLUSTER_STATES, ClusterTarget, NodeState
from metering.samples import record

# How often the agent reports: more often while something is under way.
BUSY_SECONDS = 0.5
CALM_SECONDS = 1.0
MOST_READ = 10  # nodes whose logs are fetched at the same time

# What nonsense in a report leads to, here or in PostgreSQL; an outage is none of these.
_UNREADABLE = (KeyError, TypeError, AttributeError, ValueError, OverflowError)
_NOT_STORED = (DataError, IntegrityError, ValidationError)
_LONGEST_ERROR = 200

log = logging.getLogger(__name__)


class BadReport(Exception):
    """The report cannot be read; nothing of it was stored."""


class RunOver(Exception):
    """The run that the report speaks of ended meanwhile; nothing of it was stored."""


def take_report(who: Speaker, report: Mapping[str, Any]) -> dict[str, Any]:
    """Store a report as far as it says anything new; return the answer to it.

    Raises BadReport or RunOver.
    """
    with _refusing(who.cluster_id):
        if is_unchanged(who, report) and note_unchanged(who, report):
            return _answer_without_news(report)
    cluster = Cluster.objects.select_related("run").get(pk=who.cluster_id)
    if cluster.run_id != who.run_id:
        raise RunOver
    return apply_report(cluster, report)


def apply_report(cluster: Cluster, report: Mapping[str, Any]) -> dict[str, Any]:
    """Store one report of the cluster's agent, all of it, and return the answer to it.

    Raises BadReport or RunOver.
    """
    with _refusing(cluster.pk), transaction.atomic():
        changed = _store_state(cluster, report)
        found = store_nodes(cluster, report)
        changed |= found.is_urgent
        store_jobs(cluster, report.get("jobs", ()))
        offsets = store_logs(cluster, report.get("logs", ()))
        node_offsets = store_node_logs(cluster, report.get("node_logs", ()))
        changed |= finish_commands(cluster, report.get("results", ()))
        record(cluster.pk, samples_of(cluster.pk, report.get("samples", ())))
        _note_nodes(cluster, found)
        if changed:
            wake_for_report(cluster)
    return _answer(cluster, report, offsets, node_offsets)


def _note_nodes(cluster: Cluster, found: Found) -> None:
    """Let the next pass see what is new of the nodes, and have no report passed over too early."""
    rows = Run.objects.filter(pk=cluster.run_id)
    if not found.is_complete:  # the same report may have other consequences next time
        rows.update(report_digest="", news=F("news") + 1)
    elif found.is_new:
        rows.update(news=F("news") + 1)


@contextmanager
def _refusing(cluster_id: UUID) -> Iterator[None]:
    """Raise BadReport for what cannot be read or stored."""
    try:
        yield
    except _NOT_STORED as error:
        # Their own words may quote the row that was refused: they are for the log alone.
        log.warning("report refused", extra={"cluster": cluster_id, "error": type(error).__name__})
        raise BadReport("Invalid report: a value does not fit its field.") from error
    except _UNREADABLE as error:
        raise BadReport(f"Invalid report: {_described(error)}.") from error


def _described(error: Exception) -> str:
    """Return what is wrong with the report in short: it may hold megabytes of anything."""
    return bounds.text(repr(error), most=_LONGEST_ERROR)


def _store_state(cluster: Cluster, report: Mapping[str, Any]) -> bool:
    """Store demand and signals; return whether the planner should look at once."""
    run = cluster.run
    fields: dict[str, Any] = {"agent_seen_at": now()}
    if report.get("drivers") != run.drivers:
        fields["drivers"] = report.get("drivers")
    if report.get("active_actors") != run.actors:
        fields["actors"] = report.get("active_actors")
    for name in ("ray_version", "python_version"):
        told = bounds.text(report.get(name), most=20)
        if told and told != getattr(run, name):
            fields[name] = told
    if report.get("session") and report["session"] != run.ray_session:
        fields["ray_session"] = bounds.text(report["session"], most=100)
    if cluster.workspace_id and (jupyter := workspace_of(report)) != run.workspace:
        fields["workspace"] = jupyter
    changed = False
    if report.get("demand") is not None:
        demand = bounds.demand(report["demand"])
        demand_from_report(demand)  # refuse now what the planner could not read later
        changed = demand != run.demand
        fields |= {"demand": demand, "demand_at": now()}
    digest = digest_of(report)
    fields |= {"report_digest": digest, "report_at": now()}
    if not digest or digest != run.report_digest:
        fields["news"] = F("news") + 1
    # Locks the cluster: its run cannot end before the report is stored.
    if not runs.write(cluster, ~Q(state__in=ENDED_CLUSTER_STATES), **fields):
        raise RunOver
    return changed


def _answer(
    cluster: Cluster,
    report: Mapping[str, Any],
    offsets: Mapping[str, int],
    node_offsets: Mapping[str, Mapping[str, int]],
) -> dict[str, Any]:
    # Who moves, and whose logs somebody reads.
    nodes = cluster.nodes.exclude(state=NodeState.TERMINATED).aggregate(
        moving=Count("pk", filter=~Q(state=NodeState.READY)),
        read=ArrayAgg("name", filter=Q(logs_wanted_until__gt=now()), default=[]),
    )
    samples = report.get("samples", ())
    return {
        "interval": BUSY_SECONDS if nodes["moving"] else CALM_SECONDS,
        "jobs_acked": True,
        "samples_acked": report.get("seq") if samples else None,
        "log_offsets": dict(offsets),
        "node_logs": {"read": sorted(nodes["read"])[:MOST_READ], "offsets": node_offsets},
        "commands": [
            {"id": str(command.pk), "kind": command.kind, **command.body}
            for command in cluster.commands.filter(finished_at=None, run=cluster.run_id).order_by(
                "created_at"
            )
        ],
    }


def _answer_without_news(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `_answer` does where no node moves and nobody waits for anything."""
    return {
        "interval": CALM_SECONDS,
        "jobs_acked": True,
        "samples_acked": report.get("seq") if report.get("samples") else None,
        "log_offsets": {},
        "node_logs": {"read": [], "offsets": {}},
        "commands": [],
    }


def is_over(cluster: Cluster) -> bool:
    """Return whether the agent has nothing left to do for this cluster."""
    return cluster.state in ENDED_CLUSTER_STATES or cluster.target == ClusterTarget.TERMINATED
