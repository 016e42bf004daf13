"""The insights pages, over clusters with a past."""

import csv
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from accounts.models import AuditEntry, Team, User
from clusters.models import Cluster, Run
from metering.posting import post
from metering.rates import current_rate
from metering.windows import refresh
from retention.partitions import prepare
from tests.insights.cast import DAY, HOUR, MINUTE, make_cluster, make_group, make_node, measure

PAGES = ["/", "/insights/utilization/", "/insights/idle/", "/insights/cost/", "/insights/rates/"]
PRICES = {"usd_per_cpu_hour": "0.05", "usd_per_gib_hour": "0.01", "usd_per_gpu_hour": "2"}


@pytest.fixture
def trainer(alice: User, research: Team) -> Cluster:
    """A cluster of one head and two workers, up for five hours, measured for the last one."""
    moment = now()
    prepare(moment)
    cluster = make_cluster("trainer", team=research, owner=alice, drivers=1, actors=0)
    nodes = [make_node(make_group(cluster, "head"), started=moment - 5 * HOUR)]
    workers = make_group(cluster)
    nodes += [make_node(workers, started=moment - 5 * HOUR) for _ in range(2)]
    measure(nodes, since=moment - HOUR, until=moment, step=MINUTE)
    post(moment)
    return cluster


def make_idle(cluster: Cluster) -> None:
    """Let all of the cluster's signals say for ten minutes that it has no work."""
    since = now() - 10 * MINUTE
    cluster.nodes.update(idle_since=since)
    cluster.runs.update(drivers=0, idle_since=since)


def table_of(response: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(response.content.decode())))


def sign_in(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


@pytest.mark.parametrize("path", PAGES)
def test_every_page_opens_before_anything_ran(client: Client, bob: User, path: str) -> None:
    assert sign_in(client, bob).get(path).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_every_page_asks_strangers_to_sign_in(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/sign-in/")


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_only_read(client: Client, bob: User, path: str) -> None:
    assert sign_in(client, bob).post(path).status_code in {403, 405}


def test_the_overview_of_a_new_team_leads_to_the_first_cluster(client: Client, alice: User) -> None:
    page = sign_in(client, alice).get("/").content.decode()
    assert "Launch your first Ray cluster" in page
    assert 'href="/clusters/launch/"' in page


def test_the_overview_tells_a_viewer_why_they_cannot_launch(client: Client, bob: User) -> None:
    page = sign_in(client, bob).get("/").content.decode()
    assert "You need the Engineer role in" in page
    assert 'href="/clusters/launch/"' not in page


def test_the_overview_sums_what_runs(client: Client, bob: User, trainer: Cluster) -> None:
    fleet = sign_in(client, bob).get("/").context["fleet"]
    assert [line.cluster for line in fleet.lines] == [trainer]
    assert (fleet.nodes, fleet.hourly) == (3, 1_200_000)
    assert fleet.accrued >= 6_000_000


def test_a_poll_gets_the_live_part_alone(client: Client, bob: User, trainer: Cluster) -> None:
    page = sign_in(client, bob).get("/?part=live").content.decode()
    assert page.strip().startswith('<div class="stack" id="live"')
    assert trainer.name in page


@pytest.mark.parametrize("path", PAGES)
def test_no_page_shows_another_team_s_cluster(
    client: Client, charlie: User, trainer: Cluster, path: str
) -> None:
    page = sign_in(client, charlie).get(path).content.decode()
    assert trainer.name not in page


@pytest.mark.parametrize("page", ["utilization", "cost"])
def test_a_stranger_s_cluster_is_not_found(
    client: Client, charlie: User, trainer: Cluster, page: str
) -> None:
    sign_in(client, charlie)
    assert client.get(f"/insights/{page}/?cluster={trainer.pk}").status_code == 404


@pytest.mark.parametrize("page", ["utilization", "cost"])
@pytest.mark.parametrize("cluster", ["not-an-id", str(UUID(int=1))])
def test_an_unknown_cluster_is_not_found(
    client: Client, bob: User, page: str, cluster: str
) -> None:
    assert sign_in(client, bob).get(f"/insights/{page}/?cluster={cluster}").status_code == 404


def test_a_working_cluster_is_not_idle(client: Client, bob: User, trainer: Cluster) -> None:
    (line,) = sign_in(client, bob).get("/insights/idle/").context["lines"]
    assert (line.cluster, line.is_idle, line.wasted) == (trainer, False, 0)


def test_an_idle_cluster_shows_what_it_wastes(client: Client, bob: User, trainer: Cluster) -> None:
    make_idle(trainer)
    context = sign_in(client, bob).get("/insights/idle/").context
    (line,) = context["lines"]
    assert line.is_idle
    assert line.idle_hourly == 1_200_000
    assert 200_000 <= line.wasted < 210_000
    assert context["stopping"] == 1


def test_a_cluster_that_does_not_report_is_not_called_idle(
    client: Client, bob: User, trainer: Cluster
) -> None:
    make_idle(trainer)
    Run.objects.update(agent_seen_at=now() - HOUR)
    context = sign_in(client, bob).get("/insights/idle/").context
    assert context["blind"] == 1
    assert context["fleet"].idle_daily == 0


@pytest.mark.parametrize("group", ["cluster", "template", "user", "group", "nonsense"])
def test_the_parts_of_the_cost_are_its_total(
    client: Client, bob: User, trainer: Cluster, group: str
) -> None:
    table = sign_in(client, bob).get(f"/insights/cost/?group={group}").context["table"]
    total = table.total
    assert total.total == 3 * 5 * 400_000
    assert total.total == total.used + total.idle + total.overhead + total.control
    assert sum(row.cost.total for row in table.groups) == total.total


def test_the_cost_as_csv_sums_to_the_page(client: Client, bob: User, trainer: Cluster) -> None:
    rows = table_of(sign_in(client, bob).get("/insights/cost/?format=csv"))
    assert {row["name"] for row in rows} == {trainer.name}
    assert sum(Decimal(row["total_usd"]) for row in rows) == Decimal(6)


def test_the_cost_of_one_cluster_names_its_nodes(
    client: Client, bob: User, trainer: Cluster
) -> None:
    page = sign_in(client, bob).get(f"/insights/cost/?cluster={trainer.pk}&group=node")
    names = {line.group.name for line in page.context["lines"]}
    assert names == {"head", "cpu-1", "cpu-2"}


def linked(page: Any, name: str) -> str:
    """Return where the row of that name in the cost table leads to."""
    (url,) = [line.url for line in page.context["lines"] if line.group.name == name]
    return f"/insights/cost/{url}"


def test_rows_lead_from_all_teams_to_a_node_and_each_sum_is_its_parent_s(
    client: Client, adam: User, trainer: Cluster
) -> None:
    sign_in(client, adam)
    page = client.get("/insights/cost/?team=all")
    total = page.context["table"].total.total
    assert total == 3 * 5 * 400_000
    for name, expected in (("Research", 1), ("train", 1), ("trainer", 1), ("cpu", 2 / 3)):
        page = client.get(linked(page, name))
        assert page.context["table"].total.total == total * expected
        sums = sum(line.group.cost.total for line in page.context["lines"])
        assert sums == page.context["table"].total.total
    assert page.context["group_by"] == "node"
    labels = [label for label, _ in page.context["crumbs"]]
    assert labels == ["All teams", "Cost of Research", "train", "trainer"]
    for label, url in page.context["crumbs"]:
        assert client.get(f"/insights/cost/{url}").status_code == 200, label


def test_only_an_admin_of_the_installation_sees_all_teams(
    client: Client, bob: User, charlie: User, trainer: Cluster
) -> None:
    assert sign_in(client, bob).get("/insights/cost/?team=all").status_code == 403
    assert "All teams" not in client.get("/insights/cost/").text
    sign_in(client, charlie)
    template = trainer.version.template_id
    for place in (f"team={trainer.team_id}", f"template={template}", f"user={trainer.owner_id}"):
        assert client.get(f"/insights/cost/?{place}").status_code == 404, place


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("from=2026-03-02&to=2026-03-01", "From (2026-03-02) is after to (2026-03-01)."),
        ("from=2026-02-30&to=2026-03-01", "&#x27;2026-02-30&#x27; (from) is not a date."),
        ("from=2026-03-01", "&#x27;to&#x27; is missing."),
        ("from=2000-01-01&to=2026-03-01", "Choose at most 1100 days."),
        ("from=2099-01-01&to=2099-03-01", "is in the future."),
        ("month=2026-13", "(month) is not a date."),
        ("month=march", "&#x27;march&#x27; is not a past month."),
    ],
)
def test_days_that_cannot_be_are_refused_with_the_reason(
    client: Client, bob: User, query: str, sentence: str
) -> None:
    answer = sign_in(client, bob).get(f"/insights/cost/?{query}")
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "The last 30 days are shown." in answer.text


def test_a_month_and_a_custom_range_have_the_days_that_they_name(
    client: Client, bob: User, trainer: Cluster
) -> None:
    sign_in(client, bob)
    today = now().date()
    day = (now() - 5 * HOUR).date()
    page = client.get(f"/insights/cost/?from={day}&to={today}")
    assert page.context["table"].total.total == 3 * 5 * 400_000
    assert page.context["change"].is_new
    assert "new" in page.text
    page = client.get(f"/insights/cost/?month={today:%Y-%m}")
    assert (page.context["period"].first, page.context["period"].last) == (
        today.replace(day=1),
        today,
    )
    assert trainer.name


def test_headers_sort_the_cost_table(client: Client, bob: User, trainer: Cluster) -> None:
    sign_in(client, bob)
    url = f"/insights/cost/?cluster={trainer.pk}&group=node"

    def names(sort: str) -> list[str]:
        lines = client.get(f"{url}&sort={sort}").context["lines"]
        return [line.group.name for line in lines]

    assert names("name") == ["cpu-1", "cpu-2", "head"]
    assert names("-name") == ["head", "cpu-2", "cpu-1"]
    assert names("-control")[0] == "head"
    assert names("evil") == names("-total")


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


def test_an_admin_sets_new_prices_on_record(client: Client, adam: User, research: Team) -> None:
    response = sign_in(client, adam).post("/insights/rates/", PRICES | {"note": "our invoice"})
    assert response.status_code == 302
    version = current_rate(None, now())
    assert version is not None
    assert (version.usd_per_cpu_hour, version.author_id) == (Decimal("0.05"), adam.pk)
    entry = AuditEntry.objects.get(action="rate-card.changed")
    assert (entry.actor, entry.reason) == (adam, "our invoice")
    assert research


def test_new_prices_leave_what_runs_at_its_own(
    client: Client, adam: User, bob: User, trainer: Cluster
) -> None:
    sign_in(client, adam).post("/insights/rates/", PRICES)
    assert sign_in(client, bob).get("/").context["fleet"].hourly == 1_200_000
    assert trainer.name


@pytest.mark.parametrize("wrong", ["-1", "much", "", "1e999"])
def test_a_wrong_price_is_refused_beside_its_field(
    client: Client, adam: User, research: Team, wrong: str
) -> None:
    posted = PRICES | {"usd_per_cpu_hour": wrong}
    response = sign_in(client, adam).post("/insights/rates/", posted)
    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {"usd_per_cpu_hour"}
    assert research


def test_only_an_admin_of_the_installation_sets_prices(client: Client, alice: User) -> None:
    sign_in(client, alice)
    assert client.post("/insights/rates/", PRICES).status_code == 403
    assert "Only an installation admin" in client.get("/insights/rates/").content.decode()


@pytest.mark.parametrize("path", PAGES)
def test_the_number_of_queries_does_not_grow_with_clusters(
    client: Client,
    bob: User,
    trainer: Cluster,
    path: str,
    django_assert_max_num_queries: Any,
) -> None:
    for number in range(5):
        other = make_cluster(f"more-{number}", team=trainer.team, owner=bob, drivers=0, actors=0)
        make_node(make_group(other, "head"), started=now() - HOUR)
    sign_in(client, bob)
    with django_assert_max_num_queries(18):
        assert client.get(path).status_code == 200


def test_the_overview_says_who_spends_and_what_was_idle(
    client: Client, bob: User, trainer: Cluster
) -> None:
    context = sign_in(client, bob).get("/").context
    assert [line.group.name for line in context["spenders"]] == [str(trainer.owner)]
    total = context["month"].total
    assert total == sum(line.group.cost.total for line in context["spenders"])
    assert context["idle_total"] == sum(line.group.cost.idle for line in context["idlers"])
    assert context["trend"].figure["data"][0]["y"][-1] == total / 10**6
    assert "trend" not in client.get("/?part=live").context


@pytest.mark.parametrize(("by", "name"), [("cluster", "trainer"), ("user", "Alice")])
def test_idle_cost_is_shown_by_cluster_and_by_owner(
    client: Client, bob: User, trainer: Cluster, by: str, name: str
) -> None:
    page = sign_in(client, bob).get(f"/insights/idle/?by={by}")
    (row,) = page.context["idle_groups"]
    assert (row.name, row.cost.idle) == (name, page.context["spent_idle"])
    assert trainer.name
