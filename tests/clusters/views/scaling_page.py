"""The Scaling tab as tests read it: its strategies, tables and samples."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

from django.urls import reverse

from clusters.models import Cluster, ScalingSample

STRATEGIES = """
  scaling:
    schedules:
      - {group: cpu, min_nodes: 3, cron: "* * * * *", minutes: 60, name: always}
    forecast: {mode: forecast_only}
    rules:
      - {group: cpu, expression: "8 / queue", name: by-queue}
  groups:
    cpu: {warm_spare: 1}
"""


def table(response: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(response.content.decode())))


def exported(page: Any, cluster: Cluster, name: str) -> list[dict[str, str]]:
    return table(page.client.get(reverse("clusters:csv", args=[cluster.pk, name])))


def sample(cluster: Cluster, *, days: int = 2) -> None:
    """Give the cluster a past: one sample an hour."""
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    ScalingSample.objects.bulk_create(
        ScalingSample(
            cluster=cluster, group="cpu", at=end - timedelta(hours=back), needed=1 + back % 3,
            ready=2, floor=3, expected=1.5, expected_upper=2.5,
            facts={"queue": float(back % 3), "nodes": 2.0},
        )
        for back in range(days * 24)
    )  # fmt: skip


def panel(page: Any, cluster: Cluster, **query: str) -> Any:
    return page.client.get(reverse("insights:scaling"), {"cluster": str(cluster.pk)} | query)
