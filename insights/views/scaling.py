"""A cluster's strategies over time: a panel of its Scaling page, and a page of its own."""

from datetime import timedelta
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import now
from django.views.decorators.http import require_GET

from accounts.permissions import Action, may
from accounts.requests import SignedInRequest
from accounts.spreadsheets import csv_response
from clusters.models import Cluster
from clusters.queries.strategies import rule_rows, samples_of, schedule_rows
from insights import ranges
from insights.choices import SwitchOption, address_with
from insights.queries.scaling import replayed, strategies_of
from insights.views.asked import asked_cluster

RANGES = tuple(span for span in ranges.OF_USE if span.key in {"6h", "24h", "7d"})
STEPS = {"6h": timedelta(minutes=5), "24h": timedelta(minutes=15), "7d": timedelta(hours=1)}
_HEADER = ["at", "group", "needed", "ready", "minimum", "expected", "expected_upper"]


@require_GET
def scaling(request: SignedInRequest) -> HttpResponse:
    """Show the strategies of `?cluster=`, one group over time; `?part=` gives the panel alone."""
    cluster = asked_cluster(request)
    if cluster is None:
        raise Http404("No cluster selected. Open Scaling on a cluster's page.")
    groups = list(cluster.groups.filter(role="worker").values_list("name", flat=True))
    group = request.GET.get("group") or next(iter(groups), "")
    if group and group not in groups:
        raise Http404(f"Cluster {cluster} has no group '{group}'.")
    chosen = ranges.chosen(request.GET.get("range"), among=RANGES, otherwise="24h")
    if request.GET.get("part") == "replay":
        return _replay(request, cluster)
    if table := request.GET.get("format"):
        return _as_csv(cluster, group, chosen, table=table)
    moment = now()
    replay = _asked_replay(request)
    context = {
        "cluster": cluster,
        "strategies": strategies_of(
            cluster,
            group=group,
            since=chosen.since(moment),
            moment=moment,
            step=STEPS[chosen.key],
            replay=replay,
        ),
        "range": chosen,
        "now": moment,
        "may_edit": may(request.user, Action.EDIT_TEMPLATE, team=cluster.team),
        **_frame(request, cluster, groups, group, chosen),
    }
    part = "#panel" if request.GET.get("part") == "strategies" else ""
    return render(request, f"insights/scaling.html{part}", context)


def _frame(
    request: SignedInRequest,
    cluster: Cluster,
    groups: list[str],
    group: str,
    chosen: ranges.TimeRange,
) -> dict[str, Any]:
    page = reverse("insights:scaling")
    lengths = [(span.key, span.key) for span in RANGES]
    query = address_with(request, part=None)
    return {
        "csv_url": f"{page}{query}&format=",
        "crumbs": [
            ("Clusters", reverse("clusters:list")),
            (cluster.name, f"{reverse('clusters:detail', args=[cluster.pk])}?tab=scaling"),
        ],
        "range_choices": _choices(request, "range", lengths, current=chosen.key),
        "group_choices": _choices(request, "group", [(g, g) for g in groups], current=group),
        "is_part": "part" in request.GET,
    }


def _choices(
    request: SignedInRequest, name: str, options: list[tuple[str, str]], *, current: str
) -> list[SwitchOption]:
    """Return a switch that leads from the panel, too, to the page of its own."""
    page = reverse("insights:scaling")
    return [
        SwitchOption(
            label=label,
            url=page + address_with(request, part=None, **{name: value}),
            current=value == current,
        )
        for value, label in options
    ]


def _as_csv(cluster: Cluster, group: str, chosen: ranges.TimeRange, *, table: str) -> HttpResponse:
    moment = now()
    if table == "schedules":
        header = ["group", "schedule", "min_nodes", "time_zone", "opens", "ends"]
        return csv_response(f"{cluster.name}-schedules", header=header, rows=(
            [row.group, row.name, row.min_nodes, row.time_zone, *opening]
            for row in schedule_rows(cluster, moment=moment)
            for opening in row.openings
        ))  # fmt: skip
    if table == "rules":
        header = ["group", "rule", "expression", "enabled", "nodes", "error"]
        return csv_response(f"{cluster.name}-rules", header=header, rows=(
            [row.rule.group, row.rule.name, row.rule.expression, row.enabled]
            + ([row.last.nodes, row.last.error] if row.last else [None, None])
            for row in rule_rows(cluster)
        ))  # fmt: skip
    samples = samples_of(cluster, group=group, since=chosen.since(moment))
    return csv_response(f"{cluster.name}-{group}-scaling", header=_HEADER, rows=(
        [s.at, s.group, s.needed, s.ready, s.floor, s.expected, s.expected_upper] for s in samples
    ))  # fmt: skip


def _asked_replay(request: SignedInRequest) -> int | None:
    replay = request.GET.get("replay", "")
    return int(replay) if replay.isascii() and replay.isdigit() and len(replay) < 6 else None


def _replay(request: SignedInRequest, cluster: Cluster) -> HttpResponse:
    """Answer with what the rule of that place would have requested, alone or as CSV."""
    place = _asked_replay(request)
    rules = dict(enumerate(rule_rows(cluster)))
    if place is None or place not in rules:
        raise Http404(f"Cluster {cluster} has no rule '{request.GET.get('replay', '')}'.")
    line = replayed(cluster, rules[place], place)
    if request.GET.get("format") == "csv":
        points = line.replay.points if line.replay else ()
        return csv_response(f"{cluster.name}-replay", header=["at", "rule", "nodes"], rows=(
            [point.at, point.floor, point.nodes] for point in points
        ))  # fmt: skip
    context = {"cluster": cluster, "line": line, "now": now()}
    return render(request, "insights/scaling_replay.html", context)
