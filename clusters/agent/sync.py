"""Take in what a head agent reports, and answer with what it should do."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, transaction
from django.db.models import Count, Q
from django.utils.timezone import now

from clusters import runs
from clusters.agent import bounds
from clusters.agent.jobs import store_jobs, store_logs
from clusters.agent.node_logs import store_node_logs
from clusters.agent.nodes import finish_commands, store_nodes
from clusters.models import Cluster
from clusters.models.node import Hardware
from clusters.services.waking import wake_for_report
from domain.demand import demand_from_report
from domain.lifecycle import ENDED_CLUSTER_STATES, ClusterTarget, NodeState
from metering.samples import Sample, record

# How often the agent reports: more often while something is under way.
BUSY_SECONDS = 0.5
CALM_SECONDS = 1.0
MOST_SAMPLES = 10_000  # of one report
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


def apply_report(cluster: Cluster, report: Mapping[str, Any]) -> dict[str, Any]:
    """Store one report of the cluster's agent and return the answer to it.

    Raises BadReport or RunOver.
    """
    try:
        with transaction.atomic():
            changed = _store_state(cluster, report)
            changed |= store_nodes(cluster, report)
            store_jobs(cluster, report.get("jobs", ()))
            offsets = store_logs(cluster, report.get("logs", ()))
            node_offsets = store_node_logs(cluster, report.get("node_logs", ()))
            changed |= finish_commands(cluster, report.get("results", ()))
            record(cluster.pk, _samples(cluster, report.get("samples", ())))
            if changed:
                wake_for_report(cluster)
    except _NOT_STORED as error:
        # Their own words may quote the row that was refused: they are for the log alone.
        log.warning("report refused", extra={"cluster": cluster.pk, "error": type(error).__name__})
        raise BadReport("Invalid report: a value does not fit its field.") from error
    except _UNREADABLE as error:
        raise BadReport(f"Invalid report: {_described(error)}.") from error
    return _answer(cluster, report, offsets, node_offsets)


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
    if report.get("session") and report["session"] != run.ray_session:
        fields["ray_session"] = bounds.text(report["session"], most=100)
    changed = False
    if report.get("demand") is not None:
        demand = bounds.demand(report["demand"])
        demand_from_report(demand)  # refuse now what the planner could not read later
        changed = demand != run.demand
        fields |= {"demand": demand, "demand_at": now()}
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


def _samples(cluster: Cluster, items: Sequence[Mapping[str, Any]]) -> list[Sample]:
    """Return the report's samples of nodes that are ours, with what each node has in all."""
    items = list(islice(items, MOST_SAMPLES))
    names = {str(item["node"]) for item in items}
    rows = cluster.nodes.filter(name__in=names).select_related("group")
    nodes = {node.name: node.hardware for node in rows}
    return [_sample(item, nodes[item["node"]]) for item in items if str(item["node"]) in nodes]


def _measured(value: float | None) -> float | None:
    return None if value is None else min(value, bounds.MOST)


def _sample(item: Mapping[str, Any], hardware: Hardware) -> Sample:
    held = item.get("held") or {}
    return Sample(
        node=str(item["node"]),
        at=datetime.fromtimestamp(float(item["at"]), tz=UTC),
        cpu_capacity=hardware.vcpus,
        cpu_held=_measured(held.get("CPU", 0.0)),
        cpu_used=_measured(item.get("cpu_cores")),
        memory_capacity=hardware.memory_bytes,
        memory_held=_measured(held.get("memory", 0.0)),
        memory_used=_measured(item.get("memory_bytes")),
        gpu_capacity=hardware.gpus,
        gpu_held=_measured(held.get("GPU", 0.0)),
        gpu_used=_measured(item.get("gpu_used")),
        object_store_capacity=_measured(item.get("object_store_capacity")),
        object_store_used=_measured(item.get("object_store_bytes")),
        disk_used=_measured(item.get("disk_bytes")),
        disk_read_bps=_measured(item.get("disk_read_bps")),
        disk_write_bps=_measured(item.get("disk_write_bps")),
        net_in_bps=_measured(item.get("net_in_bps")),
        net_out_bps=_measured(item.get("net_out_bps")),
    )


def is_over(cluster: Cluster) -> bool:
    """Return whether the agent has nothing left to do for this cluster."""
    return cluster.state in ENDED_CLUSTER_STATES or cluster.target == ClusterTarget.TERMINATED
