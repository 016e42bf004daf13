"""`mobula demo-data`: a team with full pages, which no one can change, and which can be removed."""

from argparse import Namespace
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from itertools import pairwise
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Sum
from django.test import Client

from accounts.models import Team, User
from accounts.permissions import Action, may
from clouds.models import Cloud
from clusters.models import Cluster, Event, Node
from clusters.queries.health import attention_of
from clusters.queues import Queue
from clusters.reconcile import loop
from configurations.models import Template, Version
from metering.models import PARTS, ClusterUse, CostDay, CostHour, Interval
from mobula.cli import main
from mobula.demo.calendar import lives, sessions
from mobula.demo.templates import TEMPLATES

DAYS = 6  # all 75 take a minute
# Partitions are made for the past, and stay.
TABLES = """SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition"""


def counts() -> dict[str, int]:
    """Return how many rows each table has."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        tables = [table for (table,) in cursor.fetchall()]
        counted = {}
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - names of tables
            counted[table] = cursor.fetchone()[0]
    return counted


@pytest.fixture(scope="module")
def rows_before(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, int]]:
    """The sample team, written once for this module; what was there before it."""
    del django_db_setup
    with django_db_blocker.unblock(), transaction.atomic():
        before = counts()
        User.objects.create_user("vera@example.org", name="Vera")
        call_command("demo_data", days=DAYS, stdout=StringIO())
        yield before
        transaction.set_rollback(True)


@pytest.fixture
def team(rows_before: dict[str, int], db: None) -> Team:
    del rows_before, db
    return Team.objects.get(is_sample=True)


def test_there_are_40_clusters_and_each_day_has_cost(team: Team) -> None:
    clusters = Cluster.objects.filter(team=team)
    assert clusters.count() == 40
    assert clusters.filter(state="running").count() >= 10
    days = CostDay.objects.filter(team_id=team.pk).values_list("day", flat=True).distinct()
    assert len(days) >= DAYS
    assert not CostDay.objects.filter(team_id=team.pk, priced=False).exists()


def test_the_ledger_is_exact(team: Team) -> None:
    clusters = Cluster.objects.filter(team=team).values("pk")
    hours = CostHour.objects.filter(cluster_id__in=clusters)
    total = hours.aggregate(total=Sum("total"))["total"]
    assert total == CostDay.objects.filter(team_id=team.pk).aggregate(it=Sum("total"))["it"]
    assert all(hours.aggregate(it=Sum(part))["it"] > 0 for part in PARTS)
    open_nodes = set(Node.objects.filter(cluster__in=clusters).exclude(state="terminated"))
    intervals = Interval.objects.filter(cluster_id__in=clusters, ended_at=None)
    assert {node.name for node in open_nodes} == set(intervals.values_list("node", flat=True))


@pytest.mark.parametrize(
    "path",
    [
        "/", "/clusters/", "/clusters/?state=all", "/templates/", "/clouds/",
        "/insights/utilization/?range=24h", "/insights/utilization/?range=30d",
        "/insights/idle/", "/insights/cost/",
    ],
)  # fmt: skip
def test_pages_are_full(team: Team, client: Client, path: str) -> None:
    vera = User.objects.get(email="vera@example.org")
    client.force_login(vera)
    client.post("/accounts/switch-team/", {"team": team.pk})
    page = client.get(path)
    assert page.status_code == 200
    assert "Sample data" in page.text


def test_some_clusters_need_attention_each_with_its_sentence(team: Team, client: Client) -> None:
    vera = User.objects.get(email="vera@example.org")
    attention = attention_of(vera, team=team)
    levels = [health.level for _, health in attention.lines]
    assert levels.count("stuck") >= 2
    assert "degraded" in levels
    sentences = " ".join(health.sentence for _, health in attention.lines)
    assert "can't start nodes: 3 failures in 10 min, Ray timed out during startup." in sentences
    assert "can never run on this cluster: no group has GPU." in sentences
    assert "was reclaimed by the provider." in sentences
    assert Cluster.objects.filter(team=team, health="waiting").exists()
    client.force_login(vera)
    client.post("/accounts/switch-team/", {"team": team.pk})
    page = client.get("/").text
    assert all(cluster.name in page for cluster, _ in attention.lines)
    failed = Node.objects.filter(cluster__team=team, end_cause="start timed out").latest("pk")
    log = client.get(f"/clusters/{failed.cluster_id}/nodes/{failed.name}/log/").text
    assert "timed out during startup" in log


def test_events_come_in_the_order_of_time_from_several_clusters(team: Team) -> None:
    events = list(Event.objects.filter(cluster__team=team).order_by("pk"))
    # What happened to the clusters that need attention was written after the rest.
    quiet = [event.at for event in events if event.severity == "info"]
    assert quiet == sorted(quiet)
    assert len({event.cluster_id for event in events[-12:]}) > 4


def test_no_cluster_used_more_than_it_had(team: Team) -> None:
    for row in ClusterUse.objects.filter(team_id=team.pk):
        for resource in ("cpu", "memory", "gpu"):
            capacity = getattr(row, f"{resource}_capacity")
            for what in ("used", "held", "p50", "p95", "max"):
                value = getattr(row, f"{resource}_{what}")
                assert not capacity or value <= capacity * 1.000001, (row.window, resource, what)


def test_running_clusters_are_active_or_idle_and_none_ends(team: Team, client: Client) -> None:
    client.force_login(User.objects.get(email="vera@example.org"))
    client.post("/accounts/switch-team/", {"team": team.pk})
    page = client.get("/insights/idle/").text
    assert "no full report" not in page
    assert "actors</b> unknown" not in page


def test_what_a_page_shows_says_whether_it_is_a_sample(
    team: Team, client: Client, django_user_model: type[User]
) -> None:
    root = django_user_model.objects.create_superuser("root@example.org")
    own = Team.objects.create(name="Own", slug="own")
    client.force_login(root)
    client.post("/accounts/switch-team/", {"team": own.pk})
    cluster = Cluster.objects.filter(team=team).earliest("name")
    assert "Sample data" in client.get(f"/clusters/{cluster.pk}/").text
    assert "Sample data" not in client.get("/clusters/").text
    client.post("/accounts/switch-team/", {"team": team.pk})
    template = Template.objects.create(team=own, name="real", created_by=root)
    assert "Sample data" not in client.get(f"/templates/{template.pk}/").text


def test_clusters_templates_and_jobs_have_pages(team: Team, client: Client) -> None:
    client.force_login(User.objects.get(email="vera@example.org"))
    cluster = Cluster.objects.filter(team=team, state="running").earliest("name")
    job = cluster.jobs.latest("pk")
    version = Version.objects.filter(template__team=team).latest("pk")
    for path in (
        *(f"/clusters/{cluster.pk}/?tab={tab}" for tab in ("overview", "nodes", "scaling", "jobs")),
        f"/clusters/{cluster.pk}/jobs/{job.pk}/",
        f"/templates/{version.template_id}/versions/{version.number}/",
    ):
        assert client.get(path).status_code == 200, path


def test_no_one_can_change_it_and_no_one_can_sign_in_as_its_people(team: Team) -> None:
    root = User.objects.create_superuser("root@example.org")
    for action in Action:
        assert bool(may(root, action, team=team)) is (action in {Action.VIEW, Action.READ_HISTORY})
    people = User.objects.filter(email__endswith="@sample.invalid")
    assert len(people) == 8
    assert not any(user.is_active or user.has_usable_password() for user in people)


def test_no_worker_looks_after_it(team: Team) -> None:
    ids = {str(pk) for pk in Cluster.objects.filter(team=team).values_list("pk", flat=True)}
    assert not any(ids & {str(pk) for pk in loop.due(queue)} for queue in Queue)


def test_repeated_it_is_written_again_and_removed_it_leaves_nothing(
    team: Team, rows_before: dict[str, int]
) -> None:
    call_command("demo_data", days=DAYS, stdout=StringIO())
    again = Team.objects.get(is_sample=True)
    assert again.pk != team.pk
    assert Cluster.objects.filter(team=again).count() == 40
    call_command("demo_data", "--remove", stdout=StringIO())
    User.objects.filter(email="vera@example.org").delete()
    windows_of_all_teams = {"metering_usewindow": 5}
    assert counts() == rows_before | windows_of_all_teams
    assert not Cloud.objects.filter(name__startswith="sample-").exists()
    said = StringIO()
    call_command("demo_data", "--remove", stdout=said)
    assert "There is no sample team." in said.getvalue()


@pytest.mark.parametrize("hour", range(0, 24, 3))
def test_whenever_it_is_written_some_run_and_sessions_follow_each_other(hour: int) -> None:
    moment = datetime(2026, 11, 28, hour, 17, tzinfo=UTC)
    past = [
        sessions(template, position, now=moment)
        for template in TEMPLATES
        for position in range(len(template.clusters))
    ]
    assert len(past) == 40
    assert sum(each[-1].is_open for each in past) >= 10
    for each in past:
        for session, following in pairwise(each):
            assert session.end <= following.start
            assert not session.is_open
        for session in each:
            assert session.start < moment
            assert session.is_open or session.end <= moment + timedelta(hours=1)
            working = [0] * len(session.workers)
            for life in lives(session)[1:]:
                for place in range(life.first, life.first + life.hours):
                    working[place] += 1
            assert working == list(session.workers)


def test_the_command_passes_its_options_on(monkeypatch: pytest.MonkeyPatch) -> None:
    passed: list[list[str]] = []

    def note(arguments: Namespace) -> int:
        passed.append(arguments.command)
        return 0

    monkeypatch.setattr("mobula.commands.manage.run", note)
    for options in ([], ["--days", "14"], ["--remove"]):
        assert main(["demo-data", *options]) == 0
    assert passed == [["demo_data"], ["demo_data", "--days", "14"], ["demo_data", "--remove"]]
