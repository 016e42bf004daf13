"""Keep with a run what its last plan found no node for: pages show it, health is judged by it."""

from __future__ import annotations

from django.utils.timezone import now

from clusters.models import Cluster, Run
from domain.health.demand import waits_of
from domain.health.plain import plain_waits, waits_from
from domain.planner import Plan, PlanRequest


def note_waits(cluster: Cluster, request: PlanRequest, answer: Plan) -> None:
    """Write down what waits after a plan, if it differs."""
    run = cluster.run
    if not (answer.unserved or run.waits):
        return
    waits = plain_waits(waits_of(request, answer, before=waits_from(run.waits), now=now()))
    if waits != run.waits:
        run.waits = waits
        Run.objects.filter(pk=run.pk).update(waits=waits)
