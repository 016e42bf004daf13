"""A page with every component in every state, and regions that poll: only for the tests."""

import json
from datetime import timedelta
from pathlib import Path

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path
from django.utils import timezone

TEMPLATE = Path(__file__).parent / "gallery.html"
YAML = """\
head_node:
  instance_type: 4CPU-8GB
worker_nodes:
  - name: cpu
    min_nodes: 4
    max_nodes: 2  # too few
"""
POLLING = """\
{% extends "base.html" %}
{% block content %}
  <div id="polled" hx-get="/poll/?count=0" hx-trigger="every 100ms" hx-swap="outerMorph">
    <input id="kept" aria-label="Kept"> <b>0</b>
  </div>
{% endblock %}
"""
PROBLEM = {
    "line": 6,
    "column": 5,
    "severity": "error",
    "message": "Minimum exceeds maximum (4 > 2).",
    "hint": "Swap them.",
}


class GalleryForm(forms.Form):
    """A field of each kind."""

    name = forms.CharField(help_text="Letters, digits and hyphens.")
    size = forms.ChoiceField(choices=[("s", "4 CPU, 8 GiB"), ("m", "8 CPU, 16 GiB")])
    note = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), required=False)
    autoscaling = forms.BooleanField(required=False, label="Scale by demand")


def gallery(request: HttpRequest) -> HttpResponse:
    """Show every component."""
    messages.success(request, "Cluster nightly-train is being launched.")
    messages.error(request, "The worker pool is not reachable; the sweep will try again.")
    now = timezone.now()
    context = {
        "form": GalleryForm({"name": "", "size": "s"}),
        "states": [
            "requested",
            "starting",
            "running",
            "stopping",
            "stopped",
            "terminated",
            "failed",
        ],
        "now": now,
        "soon": now + timedelta(minutes=12),
        "chart": example_chart(),
        "crumbs": [("Clusters", "/clusters/"), ("nightly-train", "/clusters/1/")],
        "tabs": [
            {"label": "Nodes", "url": "?tab=nodes", "current": True, "count": 12},
            {"label": "Jobs", "url": "?tab=jobs", "current": False, "count": 0},
            {"label": "Events", "url": "?tab=events", "current": False},
        ],
        "ranges": [
            {"label": label, "url": f"?range={label}", "current": label == "6h"}
            for label in ("1h", "6h", "24h", "7d", "30d")
        ],
        "phases": [
            {"label": "Requested", "state": "done", "seconds": 0.4},
            {"label": "Launched", "state": "done", "seconds": 1.2},
            {"label": "Booting", "state": "now", "seconds": 3},
            {"label": "Ready", "state": "todo", "seconds": None},
        ],
        "yaml": YAML,
        "problems": [PROBLEM],
        "log": "\n".join(f"(task pid={i}) step {i} of 80 done" for i in range(80)),
    }
    template = engines["django"].from_string(TEMPLATE.read_text())
    return HttpResponse(template.render(context, request))


def slow(request: HttpRequest) -> HttpResponse:
    """Show a region that polls."""
    template = engines["django"].from_string(POLLING)
    return HttpResponse(template.render({}, request))


def poll(request: HttpRequest) -> HttpResponse:
    """Answer a poll with one more count; the third says that it was the last."""
    count = int(request.GET.get("count", 0)) + 1
    body = (
        f'<div id="polled" hx-get="/poll/?count={count}" hx-trigger="every 100ms" '
        f'hx-swap="outerMorph"><input id="kept" aria-label="Kept"> <b>{count}</b></div>'
    )
    return HttpResponse(body, status=286 if count == 3 else 200)


def example_chart() -> dict[str, object]:
    """Return a chart as insights makes them."""
    hours = [f"2026-01-05T{hour:02}:00:00Z" for hour in range(24)]
    used = [4 + (hour * 7) % 11 for hour in range(24)]
    figure = {
        "data": [
            {
                "type": "scatter",
                "x": hours,
                "y": [16] * 24,
                "name": "Capacity",
                "meta": {"tone": "capacity"},
            },
            {
                "type": "scatter",
                "x": hours,
                "y": used,
                "name": "Used",
                "fill": "tozeroy",
                "meta": {"tone": "used"},
            },
        ],
        "layout": {
            "xaxis": {"type": "date"},
            "yaxis": {"title": {"text": "cores"}},
            "margin": {"l": 48, "r": 16, "t": 8, "b": 32},
        },
    }
    return {
        "id": "cpu",
        "figure_id": "cpu-figure",
        "title": "CPU",
        "size": "",
        "summary": "Of 16 cores, 4 to 14 were used.",
        "figure": json.loads(json.dumps(figure)),
        "columns": ["Hour", "Used"],
        "rows": [["00:00", "4"], ["01:00", "11"]],
    }


app_name = ""
urlpatterns = [path("", gallery, name="home"), path("slow/", slow), path("poll/", poll)]
