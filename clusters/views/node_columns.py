"""The columns of a cluster's nodes: the live ones and those that ended."""

from __future__ import annotations

from datetime import timedelta

from django.utils.timezone import now

from clusters.models import Node
from domain.pricing import usd_of
from tables.columns import Column, Table


def _startup(node: Node) -> timedelta:
    return (node.ready_at or now()) - node.requested_at


def _price(node: Node) -> str:
    microusd = node.hourly_microusd
    return "" if microusd is None else f"{usd_of(microusd):.6f}"


# The live nodes, which are in memory: other parts of the page count them.
NODES = Table(
    name="nodes",
    order="node",
    size=100,
    columns=(
        Column(
            key="node",
            label="Node",
            value=lambda node: node.name,
            cell="clusters/node_cells.html#node",
            sort=lambda node: (node.role, node.group.position, node.pk),
            is_heading=True,
            csv={"node": lambda node: node.name, "group": lambda node: node.group.name},
        ),
        Column(
            key="state",
            label="State",
            value=lambda node: node.state,
            cell="clusters/node_cells.html#state",
            sort=lambda node: node.state,
        ),
        Column(
            key="startup",
            label="Startup time",
            value=lambda node: _startup(node).total_seconds(),
            cell="clusters/node_cells.html#startup",
            sort=_startup,
            is_descending=True,
            csv={
                "requested": lambda node: node.requested_at,
                "launched": lambda node: node.launched_at,
                "booted": lambda node: node.booted_at,
                "ready": lambda node: node.ready_at,
                "ended": lambda node: node.ended_at,
                "reason": lambda node: node.end_reason,
            },
        ),
        Column(
            key="activity",
            label="Activity",
            value=lambda node: node.idle_since,
            cell="clusters/node_cells.html#activity",
            sort=lambda node: node.idle_since,
            csv={"idle_since": lambda node: node.idle_since},
        ),
        Column(
            key="reason",
            label="Launch reason",
            value=lambda node: node.decision_reason,
            sort=lambda node: node.decision_reason or None,
            csv={"launch_reason": lambda node: node.decision_reason},
        ),
        Column(
            key="cpus",
            label="Free / total CPUs",
            value=lambda node: node.free.get("CPU", 0),
            cell="clusters/node_cells.html#cpus",
            sort=lambda node: node.free.get("CPU", 0),
            is_number=True,
            is_descending=True,
            csv={
                "free_cpus": lambda node: node.free.get("CPU", 0),
                "total_cpus": lambda node: node.total.get("CPU", 0),
            },
        ),
        Column(
            key="machine",
            label="Machine",
            value=lambda node: node.machine,
            sort=lambda node: node.machine,
            is_hidden=True,
        ),
        Column(
            key="zone",
            label="Zone",
            value=lambda node: node.zone,
            sort=lambda node: node.zone or None,
            is_hidden=True,
        ),
        Column(
            key="address",
            label="IP address",
            value=lambda node: node.address,
            sort=lambda node: node.address or None,
            is_hidden=True,
        ),
        Column(
            key="market",
            label="Market",
            value=lambda node: node.get_market_display(),
            sort=lambda node: node.market,
            css="text-nowrap",
        ),
        Column(
            key="usd_per_hour",
            label="$/h",
            value=_price,
            cell="clusters/node_cells.html#price",
            sort=lambda node: node.hourly_microusd,
            is_number=True,
            is_descending=True,
        ),
    ),
)
ON_OVERVIEW = ("node", "state", "startup", "activity", "usd_per_hour")

ENDED_NODES = Table(
    name="ended-nodes",
    order="-ended",
    prefix="ended-",
    columns=(
        Column(
            key="node",
            label="Node",
            value=lambda node: node.name,
            cell="clusters/node_cells.html#ended_node",
            sort="pk",
            is_heading=True,
        ),
        Column(
            key="ended",
            label="Terminated",
            value=lambda node: node.ended_at,
            cell="clusters/node_cells.html#ended",
            sort="ended_at",
            is_descending=True,
        ),
        Column(
            key="cause",
            label="Cause",
            value=lambda node: node.end_cause,
            sort="end_cause",
            css="text-nowrap",
        ),
        Column(
            key="reason",
            label="Reason",
            value=lambda node: node.end_reason,
            cell="clusters/node_cells.html#reason",
            css="reason",
        ),
    ),
)
