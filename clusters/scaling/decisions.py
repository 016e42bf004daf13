"""Write down what was decided about a cluster's size, and why, for people to read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.utils.timezone import now

from clusters.models import Cluster, ScalingDecision
from domain.demand import describe
from domain.planner import Drain, Launch, Unserved

# What cannot be served is noted once in so long, and not without end.
UNSERVED_TIME, MOST_UNSERVED = timedelta(minutes=10), 50


def decide(
    cluster: Cluster,
    kind: ScalingDecision.Kind,
    *,
    reason: str,
    asked: Mapping[str, Any],
    group: str = "",
    count: int = 1,
) -> ScalingDecision:
    """Write one decision down, with what was asked and what waited."""
    return ScalingDecision.objects.create(
        cluster=cluster,
        kind=kind,
        group=group,
        count=count,
        reason=reason[:1000],
        demand={"asked": asked, "waiting": _shortened(cluster.run.demand)},
    )


def asked(item: Launch | Drain | Unserved) -> dict[str, Any]:
    """Return the item as JSON has it: prices as text, and what nodes are for with the nodes."""
    fields = {name: value for name, value in asdict(item).items() if name != "packs"}
    plain: dict[str, Any] = json.loads(json.dumps(fields, default=str))
    return {**plain, "reason": item.reason}


def note_unserved(cluster: Cluster, unserved: Sequence[Unserved]) -> None:
    """Store what cannot be served, each shape and cause once in UNSERVED_TIME."""
    if not unserved:
        return
    recent = cluster.decisions.filter(
        kind=ScalingDecision.Kind.UNSERVED, at__gt=now() - UNSERVED_TIME
    ).values_list("demand__asked", flat=True)
    noted = {_shape_and_cause(item) for item in recent}
    for item in unserved:
        fields = asked(item)
        key = _shape_and_cause(fields)
        if key in noted or len(noted) >= MOST_UNSERVED:
            continue
        noted.add(key)
        reason = f"{item.count} × {describe(item.resources)} unscheduled: {item.reason}"
        decide(
            cluster,
            ScalingDecision.Kind.UNSERVED,
            reason=reason,
            asked=fields,
            count=item.count,
        )


def _shape_and_cause(item: Mapping[str, Any]) -> str:
    return json.dumps([item["resources"], item["cause"]], sort_keys=True)


def _shortened(demand: Mapping[str, Any]) -> dict[str, Any]:
    """Return the first of what waits: a decision is read, not computed with."""
    return {kind: list(items)[:20] for kind, items in demand.items()}
