"""Sums over thousands of clusters are made without their objects: they must come to the same."""

from __future__ import annotations

import itertools
import random
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils.timezone import now

from tests.insights.cast import HOURLY, make_cluster, make_group, make_node

if TYPE_CHECKING:
    from accounts.models import Team, User

pytestmark = pytest.mark.django_db
HOUR, SLACK = timedelta(hours=1), timedelta(seconds=20)
WORK = {"shapes": [{"count": 2, "resources": {"CPU": 1}}], "gangs": []}
GANG = {"shapes": [], "gangs": [{"strategy": "PACK", "bundles": [{"CPU": 1}]}]}
NO_WORK: dict[str, Any] = {"shapes": [], "gangs": []}


def reports(moment: datetime) -> list[dict[str, Any]]:
    """Return some of all combinations of what an agent may have reported, each time the same."""
    from clusters.agent_report import SAMPLE_REPORT

    values = {
        "agent_seen_at": [moment, moment, None, moment - HOUR, moment + HOUR, SAMPLE_REPORT],
        "drivers": [0, 0, None, 1],
        "actors": [0, None, 2],
        "demand": [NO_WORK, {}, WORK, GANG],
        "hold_until": [None, None, moment + HOUR, moment - HOUR],
        "idle_since": [None, moment - HOUR],
        "started_at": [None, moment - 3 * HOUR],
    }
    every = list(itertools.product(*values.values()))
    quiet = [row for row in every if row[1:4] == (0, 0, NO_WORK)]
    chance = random.Random(7)  # noqa: S311 - no secret
    chosen = chance.sample(every, 40) + chance.sample(quiet, 15)
    return [dict(zip(values, row, strict=True)) for row in chosen]


def test_every_cluster_stands_as_its_own_page_judges_it(alice: User, research: Team) -> None:
    from clusters.models import Cluster
    from clusters.queries.live import live_clusters
    from clusters.reconcile.termination import verdict_for
    from domain.idle import Activity

    moment = now()
    for number, report in enumerate(reports(moment)):
        cluster = make_cluster(f"c{number}", team=research, owner=alice)
        cluster.runs.update(**report)
        Cluster.objects.filter(pk=cluster.pk).update(
            idle_minutes=(None, 0, 30)[number % 3], max_lifetime_minutes=(None, 600)[number % 2]
        )
        node = make_node(make_group(cluster), started=moment - HOUR)
        node.idle_since = moment - HOUR if number % 4 else None
        node.save(update_fields=["idle_since"])
    rows = live_clusters(research, now=moment)
    states = set()
    for row in rows:
        cluster = Cluster.objects.select_related("run").get(pk=row.pk)
        verdict = verdict_for(cluster, list(cluster.nodes.all()))
        assert (row.activity, bool(row.stops_at)) == (verdict.state, bool(verdict.stops_at))
        if row.stops_at and verdict.stops_at:
            assert abs(row.stops_at - verdict.stops_at) < SLACK
        states.add(row.activity)
    assert states == set(Activity)
    by_name = Cluster.objects.order_by("name").values_list("pk", flat=True)
    assert [row.pk for row in rows] == list(by_name)


def test_clusters_that_have_ended_and_other_teams_do_not_count(alice: User, research: Team) -> None:
    from accounts.models import Team
    from clusters.models import Cluster
    from clusters.queries.live import live_clusters
    from domain.lifecycle import ENDED_CLUSTER_STATES, ClusterState

    other = Team.objects.create(name="Other", slug="other")
    make_cluster("theirs", team=other, owner=alice)
    for state in ClusterState:
        cluster = make_cluster(state.value, team=research, owner=alice)
        Cluster.objects.filter(pk=cluster.pk).update(state=state)
    rows = live_clusters(research, now=now())
    assert {row.state for row in rows} == set(ClusterState) - set(ENDED_CLUSTER_STATES)


def test_the_fleet_sums_all_clusters_and_shows_some(
    alice: User, research: Team, django_assert_max_num_queries: Any
) -> None:
    from insights.queries.fleet import fleet_of, lines_of

    moment = now()
    for number in range(4):
        cluster = make_cluster(f"c{number}", team=research, owner=alice, drivers=0, actors=0)
        group = make_group(cluster)
        for _ in range(number + 1):
            make_node(group, started=moment - HOUR)
        cluster.nodes.update(idle_since=moment - HOUR if number % 2 else None)
        cluster.runs.update(idle_since=moment - HOUR / 2)
    with django_assert_max_num_queries(4):
        fleet = fleet_of(research, now=moment)
        lines = lines_of(fleet.standings[:2], now=moment)
    assert (fleet.count, fleet.nodes, fleet.hourly) == (4, 10, 10 * HOURLY)
    assert fleet.accrued == 10 * HOURLY
    assert fleet.idle_daily == 24 * (2 + 4) * HOURLY
    assert fleet.stopping_before(moment + HOUR) == 2
    assert [
        (line.cluster.name, line.standing.live.ready, line.standing.is_idle) for line in lines
    ] == [
        ("c3", 4, True),
        ("c2", 3, False),
    ]
    assert [line.wasted for line in lines] == [2 * HOURLY, 0]
