"""Forecasts of running clusters: made every quarter of an hour, kept one for each group."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Avg, F
from django.db.models.functions import TruncHour
from django.utils.timezone import now

from clusters.models import Cluster, Forecast, Node, ScalingSample
from clusters.models.event import EventSeverity
from clusters.nodes.config import configuration_of
from clusters.transitions import note
from domain.configuration.scaling import ForecastMode
from domain.configuration.scaling import ForecastSettings as Wanted
from domain.events import EventKind
from domain.lifecycle import ClusterState, NodeRole
from domain.strategies.forecast import (
    LONGEST,
    STEP,
    NotEnough,
    Prediction,
    predict,
    why_not_used,
)

# What a machine takes until somebody measured it here, and how many of the last ones count.
BOOT_SECONDS, LAST_BOOTS = 120.0, 100
_NEVER = datetime.min.replace(tzinfo=UTC)


def due() -> list[str]:
    """Return the ids of the running clusters that want a forecast."""
    rows = Cluster.objects.filter(state=ClusterState.RUNNING)
    return [
        str(cluster.pk)
        for cluster in rows.iterator(chunk_size=500)
        if _wanted(cluster).mode is not ForecastMode.OFF
    ]


def make(cluster_id: str) -> None:
    """Make the forecast of each worker group anew and drop those of groups that are gone."""
    cluster = Cluster.objects.filter(pk=cluster_id).first()
    if cluster is None or _wanted(cluster).mode is ForecastMode.OFF:
        return
    groups = _oldest_first(cluster)
    cluster.forecasts.exclude(group__in=groups).delete()
    for group in groups:
        _make(cluster, group, _wanted(cluster))


def _oldest_first(cluster: Cluster) -> list[str]:
    """Each group has its turn, though a task may not live long enough for hundreds of them."""
    made = dict(cluster.forecasts.values_list("group", "made_at"))
    names = cluster.groups.filter(role=NodeRole.WORKER).values_list("name", flat=True)
    return sorted(names, key=lambda name: made.get(name, _NEVER))


def boot_seconds(cluster: Cluster, group: str) -> float:
    """Return the time within which nine of ten of the group's last machines were ready."""
    rows = Node.objects.filter(cluster=cluster, group__name=group, ready_at__isnull=False)
    lengths = rows.order_by("-pk").values_list(F("ready_at") - F("requested_at"), flat=True)
    seconds = [length.total_seconds() for length in lengths[:LAST_BOOTS]]
    if len(seconds) < 2:
        return seconds[0] if seconds else BOOT_SECONDS
    return float(statistics.quantiles(seconds, n=10, method="inclusive")[-1])


def history_of(cluster: Cluster, group: str, *, since: datetime) -> list[tuple[datetime, float]]:
    """Return the mean of the needed nodes in each hour that was sampled."""
    rows = ScalingSample.objects.filter(cluster=cluster, group=group, at__gte=since)
    hours = rows.annotate(hour=TruncHour("at")).values("hour").annotate(mean=Avg("needed"))
    return list(hours.order_by("hour").values_list("hour", "mean"))


def _wanted(cluster: Cluster) -> Wanted:
    return configuration_of(cluster).mobula.scaling.forecast


@dataclass(frozen=True, slots=True)
class _Made:
    prediction: Prediction | None
    why: str  # it must not start nodes


def _make(cluster: Cluster, group: str, wanted: Wanted) -> None:
    moment = now()
    made = _predicted(cluster, group, wanted, moment)
    fields: dict[str, object] = {
        "made_at": moment,
        "boot_seconds": boot_seconds(cluster, group),
        "mode": wanted.mode,
        "quantile": wanted.quantile,
        "switched_off": bool(made.why),
        "why": made.why,
        **_told(made.prediction, moment),
    }
    with transaction.atomic():
        before = Forecast.objects.filter(cluster=cluster, group=group).first()
        Forecast.objects.update_or_create(cluster=cluster, group=group, defaults=fields)
        _tell(cluster, group, wanted, before, made)


def _predicted(cluster: Cluster, group: str, wanted: Wanted, moment: datetime) -> _Made:
    history = history_of(cluster, group, since=moment - LONGEST * STEP)
    try:
        prediction = predict(history, now=moment, quantile=wanted.quantile)
    except NotEnough as error:
        return _Made(None, f"{error} Until then, the forecast launches nothing.")
    why = why_not_used(prediction, max_error_percent=wanted.max_error_percent)
    return _Made(prediction, why)


def _told(prediction: Prediction | None, moment: datetime) -> dict[str, object]:
    if prediction is None:
        nothing: dict[str, object] = {"p50": [], "upper": [], "season": "", "tested_days": 0}
        return {**nothing, "starts_at": moment, "error_percent": None}
    return {
        "starts_at": prediction.starts_at,
        "p50": list(prediction.p50),
        "upper": list(prediction.upper),
        "season": prediction.season,
        "error_percent": prediction.error_percent,
        "tested_days": prediction.tested_days,
    }


def _tell(
    cluster: Cluster, group: str, wanted: Wanted, before: Forecast | None, made: _Made
) -> None:
    """Note when a forecast that may start nodes begins or ceases to do so."""
    if wanted.mode is not ForecastMode.FORECAST_AND_SCALE:
        return
    if before and before.mode == wanted.mode and before.switched_off == bool(made.why):
        return
    text = made.why or "The forecast now launches nodes ahead of demand."
    was_on = before is not None and before.mode == wanted.mode and not before.switched_off
    severity = EventSeverity.WARNING if made.why and was_on else EventSeverity.INFO
    note(
        cluster,
        f"Group {group}: {text}",
        kind=EventKind.FORECAST_INACTIVE if made.why else EventKind.FORECAST_ACTIVE,
        fields={
            "group": group,
            "error_percent": made.prediction and made.prediction.error_percent,
            "max_error_percent": wanted.max_error_percent,
            "why": made.why,
        },
        severity=severity,
    )


def expected_at(row: Forecast | None, moment: datetime) -> tuple[float | None, float | None]:
    """Return the middle and the quantile that the forecast has for this moment."""
    if row is None or not row.p50:
        return None, None
    place = (moment - row.starts_at) // timedelta(hours=1)
    if not 0 <= place < len(row.p50):
        return None, None
    return row.p50[place], row.upper[place]
