"""The Scaling page: what waits and where it fits, floors, what-if, strategies, switches."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry
from clusters.models import Cluster, EnabledRule, Forecast, Node, ScalingSample
from clusters.queries import scaling
from configurations.services.templates import create_template
from configurations.targets import target_for
from domain.demand.text import demand_from_text
from domain.lifecycle import ClusterState
from domain.planner import plan
from domain.planner.request.from_spec import request_from_spec
from domain.yaml.text import parse
from tests.clusters.conftest import TEXT
from tests.clusters.head import Head

if TYPE_CHECKING:
    from accounts.models import Team, User

pytestmark = pytest.mark.django_db

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
RULE = {"expression": "8 / queue"}


@pytest.fixture
def page(alice: User) -> Callable[..., Any]:
    """The Scaling tab as alice sees it, with parameters of the address."""
    client = Client()
    client.force_login(alice)

    def opened(cluster: Cluster, *, headers: dict[str, str] | None = None, **query: str) -> Any:
        url = reverse("clusters:detail", args=[cluster.pk])
        response = client.get(url, {"tab": "scaling"} | query, headers=headers)
        assert response.status_code == 200
        return response

    opened.client = client  # type: ignore[attr-defined]
    return opened


@pytest.fixture
def scaled(research: Team, alice: User, launch: Callable[..., Cluster], version: object) -> Head:
    """A running cluster with a schedule, a forecast, a rule and a spare node."""
    made = create_template(
        team=research, name="scaled", text=TEXT.rstrip() + STRATEGIES, message="First.", by=alice
    )
    head = Head(launch("scaled", of=made))
    head.pass_by()
    head.report()
    return head


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


def test_each_line_of_demand_says_which_group_could_take_it(head: Head, page: Any) -> None:
    head.wants(3, CPU=1.0)
    head.waiting.append({"resources": {"GPU": 1.0}, "count": 1, "selectors": []})
    head.report()
    text = page(head.cluster).text
    assert "fits: 2 of it on one node of small" in text
    assert "4 more nodes possible" in text
    assert "no GPU" in text
    rows = exported(page, head.cluster, "demand")
    assert [(row["requested"], row["group"], row["fits"]) for row in rows] == [
        ("{CPU: 1}", "cpu", "True"),
        ("{GPU: 1}", "cpu", "False"),
    ]


def test_a_full_group_says_so(head: Head, page: Any) -> None:
    head.wants(20, CPU=2.0)
    head.report()
    head.pass_by()
    assert "at its maximum of 4" in page(head.cluster).text


def test_more_lines_than_a_page_holds_are_counted(head: Head, page: Any) -> None:
    head.waiting = [{"resources": {"CPU": 1 + n / 100}, "count": 1} for n in range(35)]
    head.report()
    assert "5 more pending; see the CSV." in page(head.cluster).text
    assert len(exported(page, head.cluster, "demand")) == 35


@pytest.mark.parametrize("state", list(ClusterState))
def test_the_page_opens_in_every_state(head: Head, page: Any, state: str) -> None:
    Cluster.objects.filter(pk=head.cluster.pk).update(state=state)
    head.cluster.runs.update(agent_seen_at=None)
    head.cluster.nodes.update(state="terminated", ended_at=datetime.now(UTC))
    assert "No pending demand" in page(head.cluster, demand="2 x CPU:2").text


def test_a_machine_that_the_cloud_offers_no_more_is_explained_too(head: Head, page: Any) -> None:
    head.cluster.groups.filter(name="cpu").update(instance_type="gone", resources={"CPU": 2})
    head.wants(1, CPU=1.0)
    head.report()
    assert "on one node of gone" in page(head.cluster).text
    assert "unknown/h" not in page(head.cluster).text


def test_groups_say_their_floor_its_reason_and_what_is_kept_free(scaled: Head, page: Any) -> None:
    text = page(scaled.cluster).text
    assert "schedule always until " in text
    assert "1 node, $0." in text
    (row,) = exported(page, scaled.cluster, "groups")
    assert (row["current_minimum"], row["spare"]) == ("3", "1")
    assert row["reason"].startswith("schedule always")


def test_an_empty_page_says_what_to_do_next(head: Head, page: Any) -> None:
    text = page(head.cluster).text
    assert "No pending demand" in text
    assert "No cooldowns." in text
    assert "Run a job or a test workload" in text


def test_the_live_part_leaves_out_what_is_typed_into(head: Head, page: Any) -> None:
    assert "what-if-demand" in page(head.cluster).text
    assert "what-if-demand" not in page(head.cluster, part="live").text


def test_what_if_shows_launches_with_price_and_what_must_wait(head: Head, page: Any) -> None:
    text = page(head.cluster, demand="4 x CPU:2\n1 x GPU:1").text
    found = scaling.what_if(head.cluster, "4 x CPU:2\n1 x GPU:1")
    assert "an hour more. 1 would have to wait." in found.outcome
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
        ("", "No demand is given: write a line such as"),
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


def panel(page: Any, cluster: Cluster, **query: str) -> Any:
    return page.client.get(reverse("insights:scaling"), {"cluster": str(cluster.pk)} | query)


def test_strategies_show_charts_openings_and_replays(scaled: Head, page: Any) -> None:
    sample(scaled.cluster)
    Forecast.objects.create(
        cluster=scaled.cluster, group="cpu", made_at=datetime.now(UTC),
        starts_at=datetime.now(UTC).replace(minute=0, second=0, microsecond=0), p50=[1.0] * 48,
        upper=[2.0] * 48, quantile=0.75, error_percent=12.5, tested_days=2, boot_seconds=60,
        mode="forecast_only",
    )  # fmt: skip
    text = panel(page, scaled.cluster, part="strategies", replay="0").text
    assert "<html" not in text
    assert 'id="scaling-nodes-figure"' in text
    assert 'id="scaling-forecast-figure"' in text
    assert "12.5% error over the last 2 days" in text
    assert "node-hours unused" in text
    assert text.count("<li><time") == 5
    assert "The rule would have requested" in text
    assert "It failed 16 times" in text


def test_openings_are_told_by_the_clock_of_their_place(
    research: Team, alice: User, launch: Callable[..., Cluster], version: object, page: Any
) -> None:
    schedule = (
        'mobula:\n  scaling: {schedules: [{group: cpu, min_nodes: 1, days: [mon], start: "08:00",'
        ' end: "09:30", time_zone: Asia/Tokyo}]}\n'
    )
    text = TEXT.partition("mobula:")[0] + schedule
    made = create_template(team=research, name="tokyo", text=text, message="First.", by=alice)
    shown = panel(page, launch("tokyo", of=made)).text
    assert shown.count(" 08:00</time> – <time") == shown.count(">09:30</time>") == 5
    assert "Asia/Tokyo" in shown


def test_strategies_before_anything_was_sampled(scaled: Head, page: Any) -> None:
    text = panel(page, scaled.cluster, replay="0").text
    assert "No samples" in text
    assert "No samples yet." in text


def test_a_cluster_without_strategies_says_where_to_add_one(head: Head, page: Any) -> None:
    assert "add a schedule, a forecast, or a rule in the template" in panel(page, head.cluster).text
    assert panel(page, head.cluster, group="nope").status_code == 404
    assert page.client.get(reverse("insights:scaling")).status_code == 404


def test_strategies_are_exported(scaled: Head, page: Any) -> None:
    sample(scaled.cluster, days=1)
    assert len(table(panel(page, scaled.cluster, format="samples"))) >= 23
    assert len(table(panel(page, scaled.cluster, format="schedules"))) == 5
    (rule,) = table(panel(page, scaled.cluster, format="rules"))
    assert (rule["rule"], rule["enabled"]) == ("by-queue", "False")
    replay = {"part": "replay", "replay": "0"}
    assert len(table(panel(page, scaled.cluster, **replay, format="csv"))) >= 23
    assert "The rule would have requested" in panel(page, scaled.cluster, **replay).text
    for unknown in ("7", "x", "-1", "9" * 9, "²"):
        missing = panel(page, scaled.cluster, part="replay", replay=unknown)
        assert missing.status_code == 404


def test_strangers_see_no_strategies(scaled: Head, charlie: User) -> None:
    client = Client()
    client.force_login(charlie)
    url = reverse("insights:scaling")
    assert client.get(url, {"cluster": str(scaled.cluster.pk)}).status_code == 404


def test_a_rule_is_enabled_and_disabled_with_a_trace(scaled: Head, page: Any) -> None:
    doors = [reverse(f"clusters:{name}-rule", args=[scaled.cluster.pk, "cpu"])
             for name in ("enable", "disable")]  # fmt: skip
    response = page.client.post(doors[0], RULE, follow=True)
    assert "The rule of group cpu can launch nodes now." in response.text
    assert EnabledRule.objects.count() == 1
    assert "Disable" in panel(page, scaled.cluster).text
    page.client.post(doors[1], RULE)
    assert not EnabledRule.objects.exists()
    actions = AuditEntry.objects.filter(action__startswith="rule.").order_by("pk")
    assert list(actions.values_list("action", flat=True)) == ["rule.enabled", "rule.disabled"]


def test_a_rule_that_the_configuration_does_not_have_is_not_enabled(
    scaled: Head, page: Any
) -> None:
    url = reverse("clusters:enable-rule", args=[scaled.cluster.pk, "cpu"])
    response = page.client.post(url, {"expression": "100"}, follow=True)
    assert "no longer has this rule for group cpu" in response.text
    assert not EnabledRule.objects.exists()


@pytest.mark.parametrize("door", ["enable-rule", "disable-rule"])
@pytest.mark.parametrize(("group", "text"), [("cpu", "a\0b"), ("c\0pu", "1"), ("gpu", "1")])
def test_no_rule_is_switched_that_the_configuration_cannot_have(
    scaled: Head, page: Any, door: str, group: str, text: str
) -> None:
    url = reverse(f"clusters:{door}", args=[scaled.cluster.pk, group])
    response = page.client.post(url, {"expression": text}, follow=True)
    assert "no longer has this rule for group" in response.text


def test_a_viewer_may_look_but_not_switch(scaled: Head, bob: User) -> None:
    client = Client()
    client.force_login(bob)
    url = reverse("insights:scaling")
    assert "disabled title=" in client.get(url, {"cluster": str(scaled.cluster.pk)}).text


def count(call: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as asked:
        call()
    return len(asked.captured_queries)


def test_the_page_asks_as_much_for_many_groups_and_nodes_as_for_few(
    scaled: Head, page: Any
) -> None:
    sample(scaled.cluster)
    page(scaled.cluster)
    few = count(lambda: page(scaled.cluster, part="live"))
    strategies = count(lambda: panel(page, scaled.cluster))
    group = scaled.cluster.groups.get(name="cpu")
    for number in range(5):
        group.pk = None
        group.name = f"more-{number}"
        group.save()
        Node.objects.create(
            name=f"n-{number}", cluster=scaled.cluster, group=group, run=scaled.cluster.run,
            role="worker", state="ready", total={"CPU": 2}, free={"CPU": 1},
        )  # fmt: skip
    scaled.wants(9, CPU=1.0)
    scaled.cluster.runs.update(
        demand={"shapes": scaled.waiting, "gangs": [], "standing_requests": []}
    )
    assert count(lambda: page(scaled.cluster, part="live")) == few <= 22
    assert count(lambda: panel(page, scaled.cluster)) == strategies <= 20
