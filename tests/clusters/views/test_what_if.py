"""What-if on the Scaling tab: a demand is planned, and nothing changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clusters.queries import scaling
from configurations.targets import target_for
from domain.demand.text import demand_from_text
from domain.planner import plan
from domain.planner.request.from_spec import request_from_spec
from domain.yaml.text import parse
from tests.clusters.conftest import TEXT
from tests.clusters.head import Head
from tests.clusters.views.scaling_page import table

pytestmark = pytest.mark.django_db


def test_what_if_shows_launches_with_price_and_what_must_wait(head: Head, page: Any) -> None:
    text = page(head.cluster, demand="4 x CPU:2\n1 x GPU:1").text
    found = scaling.what_if(head.cluster, "4 x CPU:2\n1 x GPU:1")
    assert "an hour more. 1 would stay pending." in found.outcome
    assert found.outcome in text
    assert found.plan is not None
    assert found.plan.launches[0].reason in text
    assert "{GPU: 1}: no group has GPU" in text


def test_what_if_of_now_is_what_waits(head: Head, page: Any) -> None:
    head.wants(3, CPU=2.0)
    head.report()
    response = page(head.cluster, demand="now")
    assert "3 x CPU:2</textarea>" in response.text
    assert response.context["what_if"].plan.launches[0].count == 3


def test_what_if_changes_nothing(head: Head, page: Any) -> None:
    url = reverse("clusters:what-if", args=[head.cluster.pk])
    with CaptureQueriesContext(connection) as asked:
        response = page.client.get(url, {"demand": "4 x CPU:2"}, headers={"HX-Request": "true"})
    assert response.headers["HX-Push-Url"] == (
        f"/clusters/{head.cluster.pk}/?tab=scaling&demand=4+x+CPU%3A2"
    )
    assert "<html" not in response.text
    assert all(query["sql"].startswith("SELECT") for query in asked.captured_queries)
    assert head.nodes() == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("4 x CPU", "Line 1: &#x27;CPU&#x27; has no amount: write it as CPU:2."),
        ("", "Enter at least one line of demand, such as"),
        ("SPREAD 1000 x CPU:1\n" * 3, "3,000 bundles; the limit here is 2,000. Enter fewer, or"),
        ("4 x CPU:1\n" * 300, "a URL holds 2,000. Write equal shapes on one line"),
    ],
)
def test_bad_input_names_the_line_and_the_way_out(
    head: Head, page: Any, text: str, said: str
) -> None:
    response = page(head.cluster, demand=text)
    assert said in response.text
    assert 'aria-invalid="true"' in response.text


def test_what_if_exports_its_plan(head: Head, page: Any) -> None:
    url = reverse("clusters:what-if", args=[head.cluster.pk])
    rows = table(page.client.get(url, {"demand": "4 x CPU:2\nGPU:1", "format": "csv"}))
    assert [(row["what"], row["count"]) for row in rows] == [("launch", "4"), ("wait", "1")]


def test_the_command_gives_the_answer_of_the_page(
    head: Head, page: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    from mobula.cli import main

    demand = "40 x CPU:1, memory:1GiB\n2 x CPU:2\nSTRICT_SPREAD 2 x CPU:1\nGPU:1"
    head.idle = {node.name: 1.0 for node in head.nodes(role="head")}  # nothing runs on it
    head.report()
    (tmp_path / "cluster.yaml").write_text(TEXT)
    (tmp_path / "demand").write_text(demand)
    target = target_for(head.cluster.cloud)
    monkeypatch.setattr("mobula.commands.plan.local_target", lambda: target)
    main(["plan", str(tmp_path / "cluster.yaml"), "--demand", str(tmp_path / "demand"), "--json"])
    printed = json.loads(capsys.readouterr().out)
    shown = page(head.cluster, demand=demand).context["what_if"].plan
    assert [one["reason"] for one in printed["launches"]] == [one.reason for one in shown.launches]
    assert printed["hourly_usd"] == str(shown.hourly_usd)
    assert [(item["resources"], item["count"], item["reason"]) for item in printed["unserved"]] == [
        (left.resources, left.count, left.reason) for left in shown.unserved
    ]
    assert [
        item["cause"]["misfit"]["kind"] for item in printed["unserved"] if item["cause"]["misfit"]
    ]
    config = parse(TEXT).config
    assert config is not None
    offline = plan(request_from_spec(config, demand=demand_from_text(demand), target=target))
    assert (offline.launches, offline.unserved) == (shown.launches, shown.unserved)
