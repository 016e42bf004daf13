"""Schedules, forecasts and rules raise floors in a running cluster; what is needed is sampled."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.errors import Invalid
from accounts.models import AuditEntry, User
from clusters import runs
from clusters.models import Cluster, EnabledRule, Forecast, Node, RuleValue, ScalingSample
from clusters.queries import strategies as queries
from clusters.scaling.strategies import forecasts, samples
from clusters.scaling.strategies.floors import floors_of
from clusters.scaling.strategies.rule_inputs import (
    MOST_RESOURCES,
    moment_now,
    needed_nodes,
    waiting_amounts,
    waiting_since,
)
from clusters.services.rules import disable_rule, enable_rule
from domain.demand import Demand, Gang, Shape, Strategy
from domain.strategies.expression import Facts

if TYPE_CHECKING:
    from accounts.models import Team
    from domain.strategies.model import Floor

pytestmark = pytest.mark.django_db

SCALING = """
  scaling:
    schedules:
      - {group: cpu, min_nodes: 3, cron: "* * * * *", minutes: 60, name: always}
    forecast: {mode: forecast_and_scale}
    rules:
      - {group: cpu, expression: "8 / queue", name: by-queue}
"""
WAITING = Demand(shapes=(Shape(resources={"CPU": 2.0}, count=2),))
RULE = {"group": "cpu", "expression": "8 / queue"}


@pytest.fixture
def one(launch: Callable[..., Cluster], version: object, research: Team, alice: User) -> Cluster:
    """alice's running cluster with a schedule, a forecast and a rule, and a busy node."""
    from configurations.services.templates import create_template
    from tests.clusters.conftest import TEXT

    made = create_template(
        team=research, name="scaled", text=TEXT.rstrip() + SCALING, message="First.", by=alice
    )
    return running(launch("scaled", of=made))


def running(cluster: Cluster) -> Cluster:
    Cluster.objects.filter(pk=cluster.pk).update(state="running")
    cluster.runs.update(agent_seen_at=datetime.now(UTC), demand_at=datetime.now(UTC))
    cluster.refresh_from_db()
    return cluster


def add_node(cluster: Cluster, number: int = 1, **fields: object) -> Node:
    group = cluster.groups.get(name="cpu")
    fields = {"state": "ready", "total": {"CPU": 2}, "free": {"CPU": 1}} | fields
    return Node.objects.create(
        name=f"{cluster.handle}-{number}", cluster=cluster, group=group, run=cluster.run,
        role="worker",
        hourly_microusd=2_000_000, **fields,
    )  # fmt: skip


def floors(cluster: Cluster, demand: Demand = WAITING) -> tuple[Floor, ...]:
    nodes = list(cluster.nodes.select_related("group"))
    groups = list(cluster.groups.filter(role="worker"))
    return floors_of(cluster, groups, nodes, demand).get("cpu", ())


def kinds(cluster: Cluster, demand: Demand = WAITING) -> dict[str, int]:
    return {floor.kind: floor.nodes for floor in floors(cluster, demand)}


def sampled(cluster: Cluster, *, days: int, needed: Callable[[datetime], int]) -> None:
    """Give the cluster samples of so many days, one an hour."""
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    hours = [end - timedelta(hours=back) for back in range(1, days * 24 + 1)]
    ScalingSample.objects.bulk_create(
        ScalingSample(
            cluster=cluster, group="cpu", at=at, needed=needed(at), ready=needed(at),
            facts={"queue": float(needed(at)), "nodes": float(needed(at))},
        )
        for at in hours
    )  # fmt: skip


def test_an_open_schedule_raises_the_floor(one: Cluster) -> None:
    (floor,) = floors(one)
    assert (floor.nodes, floor.kind) == (3, "schedule")
    assert floor.reason.startswith("schedule always until ")


def test_a_cluster_without_strategies_costs_no_query(cluster: Cluster) -> None:
    groups = list(cluster.groups.all())
    floors_of(cluster, groups, [], WAITING)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert floors_of(cluster, groups, [], WAITING) == {}
    assert len(asked) == 0


def test_a_rule_raises_nothing_until_it_is_enabled(one: Cluster, alice: User) -> None:
    assert "rule" not in kinds(one)
    (row,) = queries.rule_rows(one)
    assert (row.enabled, row.last) == (False, None)
    enable_rule(one, **RULE, by=alice)
    assert kinds(one)["rule"] == 4
    (row,) = queries.rule_rows(one)
    assert row.enabled
    assert row.last is not None
    assert row.last.nodes == 4


def test_an_error_keeps_the_last_value_and_is_told_once(one: Cluster, alice: User) -> None:
    enable_rule(one, **RULE, by=alice)
    floors(one)
    for _ in range(3):
        assert kinds(one, Demand())["rule"] == 4
    event = one.events.get(kind="rule.failed")  # one of them
    assert (event.fields["rule"], event.fields["nodes"]) == ("by-queue", 4)
    assert event.message == (
        "Rule by-queue of group cpu failed: The rule gives no finite number: does it divide by 0? "
        "Its last value, 4, stays in effect."
    )
    rule = next(floor for floor in floors(one, Demand()) if floor.kind == "rule")
    assert "its last value, since it failed" in rule.reason
    assert kinds(one)["rule"] == 4  # it works again
    assert RuleValue.objects.get(run=one.run).error == ""


def test_a_silent_agent_lets_rules_keep_their_value(one: Cluster, alice: User) -> None:
    enable_rule(one, **RULE, by=alice)
    floors(one)
    one.run.agent_seen_at = datetime.now(UTC) - timedelta(minutes=5)
    assert kinds(one, Demand(shapes=(Shape(resources={"CPU": 1}, count=8),)))["rule"] == 4
    assert not one.events.filter(kind="rule.failed").exists()


def test_an_enabled_rule_leaves_its_replay_in_the_trail(one: Cluster, alice: User) -> None:
    sampled(one, days=1, needed=lambda at: at.hour % 3)
    enable_rule(one, **RULE, by=alice)
    enable_rule(one, **RULE, by=alice)  # a second click changes nothing
    (entry,) = AuditEntry.objects.filter(action="rule.enabled")
    assert entry.after is not None
    assert entry.after["replayed_samples"] == 24
    assert entry.after["failed_samples"] == 8


def with_rule(cluster: Cluster, expression: str) -> Cluster:
    """The cluster, whose configuration has this rule instead."""
    from tests.clusters.conftest import TEXT

    text = TEXT.rstrip() + SCALING.replace("8 / queue", expression)
    versions = cluster.version.template.versions
    cluster.version = versions.create(
        number=versions.count() + 1, text=text, digest="", message="Rule.", author=cluster.owner
    )
    cluster.save(update_fields=["version"])
    return cluster


def test_a_rule_that_is_none_cannot_be_enabled(one: Cluster, alice: User) -> None:
    with_rule(one, "nope")
    with pytest.raises(Invalid, match="nope is not known here"):
        enable_rule(one, group="cpu", expression="nope", by=alice)
    assert not EnabledRule.objects.exists()


def test_a_rule_may_be_enabled_that_gives_nothing_at_one_moment(one: Cluster, alice: User) -> None:
    enable_rule(with_rule(one, "2 - queue"), group="cpu", expression="2 - queue", by=alice)
    with_rule(one, "queue > 3")
    with pytest.raises(Invalid, match="true or false, not a number"):
        enable_rule(one, group="cpu", expression="queue > 3", by=alice)


def test_a_disabled_rule_raises_nothing_and_forgets(one: Cluster, alice: User) -> None:
    enable_rule(one, **RULE, by=alice)
    floors(one)
    disable_rule(one, **RULE, by=alice)
    disable_rule(one, **RULE, by=alice)
    assert "rule" not in kinds(one)
    assert not RuleValue.objects.exists()
    assert AuditEntry.objects.filter(action="rule.disabled").count() == 1


def test_a_replay_has_floors_and_dollars(one: Cluster) -> None:
    add_node(one)
    sampled(one, days=1, needed=lambda at: 1 + at.hour % 2)
    found = queries.replay_of(one, **RULE)
    assert [point.floor for point in found.points[:2]] in ([4, 8], [8, 4])
    assert found.extra_usd is not None
    assert found.extra_usd > 0


def office(at: datetime) -> int:
    return 6 if 8 <= at.hour < 18 else 2


def test_a_good_forecast_raises_the_floor(one: Cluster) -> None:
    sampled(one, days=6, needed=office)
    forecasts.make(str(one.pk))
    row = Forecast.objects.get(cluster=one)
    assert (row.switched_off, row.why) == (False, "")
    assert row.error_percent is not None
    assert row.error_percent < 20
    assert kinds(one)["forecast"] in {2, 6}
    assert one.events.filter(kind="forecast.active").count() == 1
    forecasts.make(str(one.pk))  # told once
    assert one.events.filter(kind="forecast.active").count() == 1


def test_a_bad_forecast_switches_itself_off_and_says_so(one: Cluster) -> None:
    sampled(one, days=6, needed=office)
    forecasts.make(str(one.pk))
    ScalingSample.objects.all().delete()
    sampled(one, days=6, needed=lambda at: round(20 * abs(math.sin(at.timestamp() ** 1.7))))
    forecasts.make(str(one.pk))
    row = Forecast.objects.get(cluster=one)
    assert row.switched_off
    assert "max_error_percent" in row.why
    assert "forecast" not in kinds(one)
    event = one.events.get(kind="forecast.inactive")
    assert (event.severity, event.fields["group"]) == ("warning", "cpu")
    assert event.fields["error_percent"] > event.fields["max_error_percent"]


def test_a_forecast_without_history_only_shows(one: Cluster) -> None:
    forecasts.make(str(one.pk))
    row = Forecast.objects.get(cluster=one)
    assert (row.switched_off, row.p50) == (True, [])
    assert "24 hours of history; there are 0 so far" in row.why
    assert "forecast" not in kinds(one)


def test_the_group_that_waits_longest_for_its_forecast_comes_first(
    one: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = one.groups.get(name="cpu")
    for name in ("new", "old"):
        group.pk, group.name, group.position = None, name, group.position + 1
        group.save()
    for name, hours in [("cpu", 1), ("old", 3), ("gone", 2)]:
        made = datetime.now(UTC) - timedelta(hours=hours)
        Forecast.objects.create(
            cluster=one, group=name, made_at=made, starts_at=made, quantile=0.5, boot_seconds=1
        )
    asked: list[str] = []
    monkeypatch.setattr(forecasts, "_make", lambda _cluster, name, _wanted: asked.append(name))
    forecasts.make(str(one.pk))
    assert asked == ["new", "old", "cpu"]
    assert not one.forecasts.filter(group="gone").exists()


def test_an_old_forecast_is_not_acted_on(one: Cluster) -> None:
    sampled(one, days=6, needed=office)
    forecasts.make(str(one.pk))
    Forecast.objects.update(made_at=datetime.now(UTC) - timedelta(hours=3))
    assert "forecast" not in kinds(one)


def test_only_running_clusters_that_want_one_get_a_forecast(one: Cluster, launch) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
    running(launch("plain"))
    assert forecasts.due() == [str(one.pk)]
    forecasts.make("00000000-0000-0000-0000-000000000000")  # gone meanwhile
    Cluster.objects.filter(pk=one.pk).update(state="stopped")
    assert forecasts.due() == []


def test_boot_time_is_what_nine_of_ten_machines_took(one: Cluster) -> None:
    assert forecasts.boot_seconds(one, "cpu") == 120
    begin = datetime.now(UTC)
    for number in range(1, 12):
        ready = begin + timedelta(seconds=10 * number)
        add_node(one, number, requested_at=begin, ready_at=ready)
    assert forecasts.boot_seconds(one, "cpu") == pytest.approx(100)


def test_samples_are_taken_once_in_five_minutes(one: Cluster) -> None:
    add_node(one, 1)
    add_node(one, 2, idle_since=datetime.now(UTC))
    add_node(one, 3, state="booting")
    Cluster.objects.filter(pk=one.pk).update(max_usd_per_hour=10)
    one.runs.update(demand={"shapes": [{"resources": {"CPU": 1}, "count": 3}]})
    assert samples.take() == 1
    assert samples.take() == 0
    row = ScalingSample.objects.get()
    assert (row.needed, row.ready, row.floor, row.expected) == (2, 2, 3, None)
    assert row.at.minute % 5 == row.at.second == 0
    assert row.facts == {
        "pending": {"CPU": 3.0}, "queue": 3, "queue_seconds": 0, "nodes": 3, "pending_nodes": 1,
        "busy_nodes": 1, "idle_nodes": 1, "utilization": 0.5, "gpu_utilization": 0.0,
        "usd_per_hour": 6.0, "budget_left": 4.0,
    }  # fmt: skip


def test_a_sample_keeps_what_the_forecast_had_said(one: Cluster) -> None:
    sampled(one, days=4, needed=lambda _at: 2)
    forecasts.make(str(one.pk))
    samples.take()
    row = ScalingSample.objects.latest("at")
    assert (row.expected, row.expected_upper) == (2, 2)


def test_a_silent_cluster_is_not_sampled(one: Cluster) -> None:
    one.runs.update(agent_seen_at=None)
    assert samples.take() == 0


def test_old_samples_are_forgotten(one: Cluster) -> None:
    old = datetime.now(UTC) - timedelta(days=36)
    ScalingSample.objects.create(cluster=one, group="cpu", at=old, needed=1, ready=1)
    samples.take()
    assert not ScalingSample.objects.filter(at=old).exists()


def test_pages_show_the_floors_of_the_last_pass_and_write_nothing(
    one: Cluster, alice: User
) -> None:
    enable_rule(one, **RULE, by=alice)
    assert "rule" not in {floor.kind for floor in queries.floors_shown(one)["cpu"]}
    asked = floors(one)
    with CaptureQueriesContext(connection) as queried:
        shown = queries.floors_shown(one)
    assert shown == {"cpu": asked}
    assert all(query["sql"].startswith("SELECT") for query in queried.captured_queries)


def test_a_value_of_an_earlier_run_is_over(one: Cluster, alice: User) -> None:
    enable_rule(one, **RULE, by=alice)
    floors(one)
    runs.begin(one)
    assert "rule" not in kinds(one)


def test_hindsight_compares_the_forecast_with_what_was_needed(one: Cluster) -> None:
    add_node(one)
    at = moment_now()
    for minutes, upper, needed in [(10, 3.0, 1), (5, 1.0, 2), (0, None, 2)]:
        ScalingSample.objects.create(
            cluster=one,
            group="cpu",
            at=at - timedelta(minutes=minutes),
            needed=needed,
            ready=needed,
            expected_upper=upper,
        )
    found = queries.hindsight_of(one, group="cpu")
    assert found.hours == pytest.approx(10 / 60)
    assert found.over_node_hours == pytest.approx(2 * 5 / 60)
    assert found.under_node_hours == pytest.approx(5 / 60)
    assert found.over_usd == Decimal("0.3333")


def test_the_queue_is_counted_from_when_it_began(one: Cluster) -> None:
    begin = moment_now()
    assert waiting_since(one, Demand(), moment=begin) is None
    assert waiting_since(one, WAITING, moment=begin) == begin
    assert waiting_since(one, WAITING, moment=begin + timedelta(seconds=9)) == begin
    assert waiting_since(one, Demand(), moment=begin + timedelta(seconds=10)) is None


def test_what_waited_in_an_earlier_run_is_over(one: Cluster) -> None:
    begin = moment_now()
    waiting_since(one, WAITING, moment=begin)
    runs.begin(one)  # and it waits again at once
    later = begin + timedelta(hours=8, minutes=1)
    assert waiting_since(one, WAITING, moment=later) == later
    assert waiting_since(one, WAITING, moment=later + timedelta(seconds=9)) == later


def test_thousands_of_resources_do_not_grow_the_samples() -> None:
    rare = {f"node:{number}": 0.001 for number in range(5_000)}
    amounts = waiting_amounts(Demand(shapes=(Shape(resources={**rare, "CPU": 2}, count=1),)))
    assert len(amounts) == MOST_RESOURCES
    assert amounts["CPU"] == 2


def test_bundles_wait_too_and_nodes_for_a_floor_are_not_needed() -> None:
    gang = Gang(strategy=Strategy.PACK, bundles=({"CPU": 1}, {"GPU": 1, "CPU": 1}))
    demand = Demand(shapes=WAITING.shapes, gangs=(gang,))
    assert waiting_amounts(demand) == {"CPU": 6, "GPU": 1}
    coming = Facts(now=moment_now(), busy_nodes=1, pending_nodes=3)
    assert needed_nodes(coming) == 1


def test_the_next_openings_of_schedules_are_listed(one: Cluster) -> None:
    (row,) = queries.schedule_rows(one, moment=moment_now())
    assert (row.group, row.name, row.min_nodes, len(row.openings)) == ("cpu", "always", 3, 5)
    assert row.open_until is not None


def test_what_beat_asks_for_are_tasks(one: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    from clusters import tasks
    from clusters.schedule import CELERY_BEAT

    asked: list[str] = []
    monkeypatch.setattr(
        tasks.forecast_cluster, "apply_async", lambda ids, **_options: asked.extend(ids)
    )
    for entry in CELERY_BEAT.values():
        getattr(tasks, str(entry["task"]).rpartition(".")[2])()
    assert ScalingSample.objects.count() == 1
    assert asked == [str(one.pk)]
    tasks.forecast_cluster(asked[0])
    assert Forecast.objects.count() == 1
