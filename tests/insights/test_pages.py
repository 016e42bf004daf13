"""The insights pages, over clusters with a past."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils.timezone import now

from accounts.models import AuditEntry, Team, User
from clusters.models import Cluster, Run
from metering.rates import current_rate
from tables.keyset import Place
from tests.insights.cast import HOUR, MINUTE, make_cluster, make_group, make_node
from tests.insights.reading import sign_in

PAGES = ["/", "/insights/utilization/", "/insights/idle/", "/insights/cost/", "/insights/rates/"]
PRICES = {"usd_per_cpu_hour": "0.05", "usd_per_gib_hour": "0.01", "usd_per_gpu_hour": "2"}


def make_idle(cluster: Cluster) -> None:
    """Let all of the cluster's signals say for ten minutes that it has no work."""
    since = now() - 10 * MINUTE
    cluster.nodes.update(idle_since=since)
    cluster.runs.update(drivers=0, idle_since=since)


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
    page = sign_in(client, bob).get("/")
    fleet = page.context["fleet"]
    assert "</span> Active" in page.text
    assert [row.live.pk for row in fleet.standings] == [trainer.pk]
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
    (line,) = sign_in(client, bob).get("/insights/idle/").context["table"].rows
    assert (line.cluster, line.standing.is_idle, line.wasted) == (trainer, False, 0)


def test_an_idle_cluster_shows_what_it_wastes(client: Client, bob: User, trainer: Cluster) -> None:
    make_idle(trainer)
    assert "Idle for" in sign_in(client, bob).get("/").text
    context = client.get("/insights/idle/").context
    (line,) = context["table"].rows
    assert line.standing.is_idle
    assert line.standing.idle_hourly == 1_200_000
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
    (row,) = page.context["idle_cost"].rows
    assert (row.name, row.cost.idle) == (name, page.context["spent_idle"])
    assert trainer.name


@pytest.mark.parametrize(
    ("page", "table"), [("idle", "table"), ("idle", "idle_cost"), ("cost", "costs")]
)
def test_tables_are_answered_whatever_the_address_asks(
    client: Client, bob: User, trainer: Cluster, page: str, table: str
) -> None:
    sign_in(client, bob)
    url = f"/insights/{page}/"
    usual = client.get(url).context[table]
    keys = [f"{sign}{column.key}" for column in usual.table.columns for sign in ("", "-")]
    for key in [*keys, "evil", "-"]:
        prefix = usual.table.prefix
        query = {f"{prefix}sort": key, f"{prefix}after": "x:y", f"{prefix}before": "1"}
        assert len(client.get(url, query).context[table].rows) == len(usual.rows), key
    assert trainer.name


def test_clusters_are_sorted_and_cut_where_their_use_is_read(
    client: Client, bob: User, trainer: Cluster
) -> None:
    sign_in(client, bob)
    url = "/insights/utilization/?range=24h"
    for key in ("-paid", "cpu", "-gpu", "name", "evil"):
        place = Place(order=key, key="50", value=None)
        page = client.get(url, {"sort": key, "after": str(place)})
        assert page.status_code == 200, key
    nodes = client.get(f"{url}&cluster={trainer.pk}&sort=-name").context["rows"]
    assert [row.label for row in nodes] == sorted((row.label for row in nodes), reverse=True)
