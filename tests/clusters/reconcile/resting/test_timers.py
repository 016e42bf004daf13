"""Until when a settled cluster may rest: what is due by the clock ends it in time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.utils.timezone import now

from clusters.models import Cluster, Consolidation, Cooldown, Group, Node, Run
from clusters.reconcile import timers
from clusters.reconcile.settled import LONGEST
from providers.base import DriverFacts, Throttled
from providers.fake.driver import FakeDriver
from tests.clusters.busy_head import BusyHead
from tests.clusters.head import Head
from tests.clusters.reconcile.settled import columns, comes_to_rest, next_step

pytestmark = pytest.mark.django_db

Start = Callable[..., BusyHead]
NEAR = timedelta(seconds=3)


@pytest.fixture(autouse=True)
def longest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timers.random, "uniform", lambda _least, most: most)


def rest_of(head: Head) -> timedelta:
    """Return for how long the cluster may rest after a pass."""
    cluster = comes_to_rest(head)
    assert cluster.look_at == cluster.wake_at
    assert cluster.settled_until
    return cluster.settled_until - now()


def near(rest: timedelta, seconds: float) -> bool:
    return abs(rest - timedelta(seconds=seconds)) < NEAR


def test_without_a_timer_it_rests_for_minutes(head: Head) -> None:
    assert near(rest_of(head), LONGEST.total_seconds() * 0.95)


def test_idle_timeout_of_the_cluster(head: Head) -> None:
    head.idle = {node.name: 90.0 for node in head.nodes(role="head")}
    head.report()
    Run.objects.update(idle_since=now() - timedelta(minutes=28))
    assert near(rest_of(head), 120)


def test_maximum_lifetime(head: Head) -> None:
    columns(head, max_lifetime_minutes=10)
    Run.objects.update(started_at=now() - timedelta(minutes=9))
    assert near(rest_of(head), 60)


def test_end_of_a_pause_of_the_idle_timer(head: Head) -> None:
    Run.objects.update(hold_until=now() + timedelta(seconds=40))
    assert near(rest_of(head), 40)


def test_worker_idle_timeout(head: Head) -> None:
    head.wants(1, CPU=2.0)
    head.report()
    head.pass_by()
    head.wants(0)
    head.report()
    node = head.nodes()[0]
    Node.objects.update(requested_at=now() - timedelta(hours=1))
    head.idle[node.name] = 20.0
    assert near(rest_of(head), 40)
    Group.objects.filter(name="cpu").update(idle_seconds=90)
    assert near(rest_of(head), 70)


def test_worker_that_consolidation_leaves_alone_while_it_is_new(head: Head) -> None:
    head.wants(1, CPU=2.0)
    head.report()
    head.pass_by()
    head.wants(0)
    head.report()
    Node.objects.update(requested_at=now() - timedelta(seconds=35))
    assert near(rest_of(head), 25)


def test_cooldown_of_the_account(head: Head) -> None:
    Cooldown.objects.create(
        cloud=head.cluster.cloud,
        region=head.cluster.cloud.region,
        instance_type="large",
        market="spot",
        failure="capacity",
        cause="None left.",
        until=now() + timedelta(seconds=50),
    )
    assert near(rest_of(head), 50)


def test_look_of_consolidation_that_came_too_early(head: Head) -> None:
    rest_of(head)
    Consolidation.objects.update(looked_at=now() - timedelta(seconds=4))
    head.pass_by()
    head.cluster.refresh_from_db()
    assert near(head.cluster.settled_until - now(), 6)


def test_schedule_that_opens_and_closes(started: Start) -> None:
    moment = now().astimezone(UTC)
    opens = (moment + timedelta(minutes=2)).replace(second=0, microsecond=0)
    cron = f"{opens.minute} {opens.hour} * * *"
    head = started(
        "  scaling:\n    schedules:\n"
        f"      - {{group: cpu, min_nodes: 1, cron: '{cron}', minutes: 60}}\n"
    )
    cluster = comes_to_rest(head)
    assert cluster.settled_until == opens


def test_budget_with_a_window(started: Start) -> None:
    opens = (now().astimezone(UTC) + timedelta(minutes=2)).replace(second=0, microsecond=0)
    cron = f"{opens.minute} {opens.hour} * * *"
    head = started(f"  scaling:\n    budgets:\n      - {{nodes: 0, cron: '{cron}', minutes: 60}}\n")
    assert comes_to_rest(head).settled_until == opens


def test_open_window_ends(started: Start) -> None:
    opened = (now().astimezone(UTC) - timedelta(minutes=2)).replace(second=0, microsecond=0)
    cron = f"{opened.minute} {opened.hour} * * *"
    head = started(f"  scaling:\n    budgets:\n      - {{nodes: 0, cron: '{cron}', minutes: 4}}\n")
    assert comes_to_rest(head).settled_until == opened + timedelta(minutes=4)


def test_forecast_that_may_launch_nodes(started: Start) -> None:
    head = started("  scaling:\n    forecast: {mode: forecast_and_scale}\n")
    assert near(rest_of(head), timers.DRIFT.total_seconds())


NOT_AT_REST: dict[str, Callable[[Head], object]] = {
    "outdated nodes are replaced": lambda head: columns(head, replacing_since=now()),
    "a node failed lately": lambda _: Run.objects.update(failed_at=now()),
    "work waits": lambda head: head.wants(1, CPU=999.0),
    "logs are read": lambda _: Node.objects.update(logs_wanted_until=now() + timedelta(minutes=1)),
}


@pytest.mark.parametrize("change", NOT_AT_REST.values(), ids=NOT_AT_REST.keys())
def test_cluster_that_is_not_at_rest_has_whole_passes(
    head: Head, change: Callable[[Head], object]
) -> None:
    comes_to_rest(head)
    change(head)
    head.report()
    head.pass_by()
    assert next_step(head) == "pass"


def test_cluster_whose_provider_fails_has_whole_passes(head: Head, driver: FakeDriver) -> None:
    comes_to_rest(head)
    driver.fail_next("observe", Throttled("Slow down."))
    head.pass_by()
    assert next_step(head) == "pass"
    head.pass_by()
    assert next_step(head) == "look"


def test_cluster_whose_rules_are_enabled_has_whole_passes(with_strategies: Cluster) -> None:
    head = Head(with_strategies)
    comes_to_rest(head)
    assert next_step(head) == "pass"


def test_machine_that_is_not_listed_is_waited_for(head: Head, driver: FakeDriver) -> None:
    comes_to_rest(head)
    driver.facts = DriverFacts(list_is_fresh_after=timedelta(hours=1))
    driver.vanish(head.nodes(role="head")[0].name)
    head.pass_by()
    assert next_step(head) == "pass"


def test_clusters_that_rest_do_not_all_wake_at_the_same_moment(
    head: Head, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[float, float]] = []
    monkeypatch.setattr(
        timers.random, "uniform", lambda least, most: asked.append((least, most)) or least
    )
    rest = rest_of(head)
    assert asked[-1][0] < asked[-1][1] < 1
    assert near(rest, LONGEST.total_seconds() * asked[-1][0])


def test_moments_in_the_past_do_not_count(head: Head) -> None:
    Run.objects.update(hold_until=datetime(2020, 1, 1, tzinfo=UTC))
    assert rest_of(head) > timedelta(minutes=4)
