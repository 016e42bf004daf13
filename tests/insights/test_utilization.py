"""The utilization page: what was measured, what was wasted, and in which time zone."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from accounts.models import Team, User
from clusters.models import Cluster, Run
from metering.models import ClusterUse
from metering.posting import post
from metering.rollups import roll_up
from metering.samples import Sample, record
from metering.windows import refresh
from retention.partitions import prepare
from tests.insights.cast import DAY, HOUR, MINUTE, make_cluster, make_group, make_node, measure
from tests.insights.reading import sign_in, table_of


def test_utilization_draws_what_was_measured_and_no_more(
    client: Client, bob: User, trainer: Cluster
) -> None:
    charts = sign_in(client, bob).get("/insights/utilization/").context["charts"]
    titles = [chart.title for chart in charts]
    assert titles == ["CPU", "Memory", "Object store", "Network", "Disk traffic", "Disk space"]
    capacity = charts[0].figure["data"][0]
    assert (capacity["name"], set(capacity["y"])) == ("Capacity", {24})
    assert trainer.name


def test_utilization_of_one_node_is_its_own(client: Client, bob: User, trainer: Cluster) -> None:
    node = trainer.nodes.filter(role="worker").first()
    query = f"cluster={trainer.pk}&node={node.name}&view=tables"
    charts = sign_in(client, bob).get(f"/insights/utilization/?{query}").context["charts"]
    assert set(charts[0].figure["data"][0]["y"]) == {8}
    assert len(charts[0].rows) >= 12


def test_a_node_of_another_cluster_is_not_found(
    client: Client, bob: User, trainer: Cluster
) -> None:
    sign_in(client, bob)
    url = f"/insights/utilization/?cluster={trainer.pk}&node=nowhere-1"
    assert client.get(url).status_code == 404


def test_utilization_as_csv_has_every_measure(client: Client, bob: User, trainer: Cluster) -> None:
    rows = table_of(sign_in(client, bob).get("/insights/utilization/?range=1h&format=csv"))
    assert {row["cpu_capacity"] for row in rows} == {"24.0"}
    assert trainer.name


def test_use_stays_visible_after_the_cluster_ended(
    client: Client, bob: User, trainer: Cluster
) -> None:
    trainer.nodes.update(state="terminated", ended_at=now())
    Cluster.objects.update(state="terminated")
    Run.objects.update(ended_at=now() - timedelta(seconds=1))
    rows = sign_in(client, bob).get("/insights/utilization/").context["rows"]
    assert [row.label for row in rows] == ["trainer"]


def test_a_cluster_that_ended_before_the_range_is_left_out(
    client: Client, bob: User, alice: User, research: Team
) -> None:
    moment = now()
    prepare(moment)
    cluster = make_cluster("early", team=research, owner=alice)
    nodes = [make_node(make_group(cluster), started=moment - 3 * DAY, ended=moment - 2 * DAY)]
    measure(nodes, since=moment - 50 * HOUR, until=moment - 49 * HOUR, step=MINUTE)
    refresh(moment + MINUTE)
    sign_in(client, bob)
    context = client.get("/insights/utilization/?range=24h").context
    assert (context["charts"], context["rows"]) == ([], [])
    context = client.get("/insights/utilization/?range=7d").context
    assert [row.label for row in context["rows"]] == ["early"]


def test_use_rows_are_ordered_by_wasted_dollars_and_filtered_in_the_address(
    client: Client, bob: User, alice: User, trainer: Cluster
) -> None:
    moment = now()
    other = make_cluster("notebook", team=trainer.team, owner=bob)
    nodes = [make_node(make_group(other), started=moment - HOUR)]
    measure(nodes, since=moment - 10 * MINUTE, until=moment, step=MINUTE)
    post(moment)
    refresh(moment + HOUR)
    sign_in(client, bob)
    context = client.get("/insights/utilization/?range=24h").context
    assert [row.label for row in context["rows"]] == ["trainer", "notebook"]
    assert context["total"].wasted == sum(row.waste.wasted for row in context["rows"]) > 0
    url = "/insights/utilization/?range=24h"
    assert [row.label for row in client.get(f"{url}&sort=wasted").context["rows"]] == [
        "notebook",
        "trainer",
    ]
    mine = client.get(f"{url}&user={bob.pk}").context
    assert [row.label for row in mine["rows"]] == ["notebook"]
    assert max(mine["charts"][0].figure["data"][0]["y"]) == 8
    template = trainer.version.template_id
    assert len(client.get(f"{url}&template={template}").context["rows"]) == 2
    assert client.get(f"{url}&template=999999").status_code == 404
    assert client.get(f"{url}&user=nobody").status_code == 404
    answer = client.get(f"{url}&name=trainer")
    assert f"cluster={trainer.pk}" in answer["Location"]
    assert "No cluster of this team is named" in client.get(f"{url}&name=nothing").text


def test_times_are_shown_in_the_reader_s_zone(client: Client, bob: User, trainer: Cluster) -> None:
    sign_in(client, bob)
    url = "/insights/utilization/?view=tables"
    assert "Time (UTC)" in client.get(url).text
    client.cookies["mobula-time-zone"] = "Asia/Tokyo"
    assert "Time (Asia/Tokyo)" in client.get(url).text
    client.cookies["mobula-time-zone"] = "Mars/Olympus"
    assert "Time (UTC)" in client.get(url).text
    client.post(reverse("accounts:account"), {"theme": "auto", "time_zone": "America/New_York"})
    assert "Time (America/New_York)" in client.get(url).text
    assert trainer.name


MOST_ROWS = 3_000
NAMES = 200  # of the templates and owners of the clusters on a page: there are none here


@pytest.fixture
def thousands(research: Team) -> None:
    """Roll-ups of the team for every range, and 2,000 clusters in each of them."""
    from insights.ranges import OF_USE
    from retention.partitions import ensure
    from retention.tables import TEAM_1H, TEAM_1M, TEAM_5M

    moment = now()
    days = [moment - timedelta(days=31 - day) for day in range(33)]
    with connection.cursor() as cursor:
        for table, step, hours, more in (
            (TEAM_1M, 1, 7, ""),
            (TEAM_5M, 5, 48, ""),
            (TEAM_1H, 60, 744, ", buckets"),
        ):
            ensure(table, days)
            cursor.execute(
                f"""INSERT INTO {table.table}
                        (team_id, template_id, owner_id, bucket, cpu_used_mean, cpu_capacity_mean
                        {more})
                    SELECT %s, 0, 0, date_bin(make_interval(mins => %s), bucket, 'epoch'), 1, 8
                        {more and ", 12"}
                    FROM generate_series(%s::timestamptz, %s, make_interval(mins => %s))
                        AS bucket""",  # noqa: S608 - of constants
                [research.pk, step, moment - timedelta(hours=hours), moment, step],
            )
        cursor.execute(
            """INSERT INTO metering_clusteruse ("window", cluster_id, team_id, template_id,
                    owner_id, held_unused, unreserved, paid)
               SELECT key, gen_random_uuid(), %s, 1, 1, number, number, 3 * number
               FROM unnest(%s::text[]) AS key, generate_series(1, 2000) AS number""",
            [research.pk, [span.key for span in OF_USE]],
        )
        cursor.execute("ANALYZE metering_clusteruse")


def rows_read() -> int:
    """Return how many rows this transaction has read of any table."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)
               FROM pg_stat_xact_user_tables"""
        )
        return int(cursor.fetchone()[0])


@pytest.mark.usefixtures("thousands")
@pytest.mark.parametrize("length", ["1h", "6h", "24h", "7d", "30d"])
def test_no_range_of_2000_clusters_reads_more_than_3000_rows(
    client: Client, bob: User, length: str
) -> None:
    sign_in(client, bob)
    before = rows_read()
    page = client.get(f"/insights/utilization/?range={length}")
    assert page.context["table"].total == 2_000
    assert 2_000 < rows_read() - before < MOST_ROWS - NAMES


def test_a_cluster_that_was_larger_for_a_while_used_no_more_than_all_of_it(
    client: Client, bob: User, alice: User, research: Team
) -> None:
    # Nine full nodes in the first minutes, one for the rest of the hour: the mean is three.
    end = now().replace(minute=0, second=0, microsecond=0)
    prepare(end)
    cluster = make_cluster("shrinking", team=research, owner=alice)
    group = make_group(cluster)
    names = [make_node(group, started=end - HOUR).name for _ in range(9)]
    for minute in range(60):
        at = end - HOUR + minute * MINUTE
        measured = names if minute < 15 else names[:1]
        samples = [Sample(node=n, at=at, cpu_capacity=8, cpu_used=8) for n in measured]
        record(cluster.pk, samples, now=end)
    roll_up(end)
    refresh(end)
    row = ClusterUse.objects.get(window="24h", cluster_id=cluster.pk)
    assert row.cpu_capacity == pytest.approx(24)
    assert row.cpu_max == row.cpu_p50 == pytest.approx(row.cpu_capacity)
    (shown,) = sign_in(client, bob).get("/insights/utilization/?range=24h").context["rows"]
    assert "max 100%" in dict(shown.shares)["CPU"].spread
