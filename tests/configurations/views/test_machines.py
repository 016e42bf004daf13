"""The page of machines: by need, sorted, priced, and advice for many of one kind."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Team, User
from configurations.machine_search.prices import OWN_LIST, priced, sources_of
from configurations.targets import target_for
from domain.catalogue.search import MachineRequirements, search
from metering.bootstrap import bootstrap as rate_cards
from tests.cast import make_cloud

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(bob: User, research: Team) -> Callable[..., str]:
    """Ask the page for machines of a cloud on AWS, as somebody who may only look."""
    make_cloud("aws", provider="aws", region="us-east-1", team=research)
    client = Client()
    client.force_login(bob)

    def asked(**need: object) -> str:
        answer = client.get(reverse("configurations:machines"), {"cloud": "aws", **need})
        assert answer.status_code == 200
        return answer.content.decode()

    return asked


def first(shown: str) -> str:
    table = shown.partition('id="found-title"')[2]
    return table.partition('scope="row">')[2].partition("<")[0]


def test_cheapest_machine_with_the_gpu_comes_first(ask: Callable[..., str]) -> None:
    shown = ask(gpu_model="A10G")
    assert first(shown) == "g5.xlarge"
    assert "$1.006" in shown


def test_order_is_chosen(ask: Callable[..., str]) -> None:
    assert first(ask(gpu_model="A10G", sort="-gpus")) == "g5.48xlarge"


def test_advice_counts_machines_for_the_whole_need(ask: Callable[..., str]) -> None:
    shown = ask(vcpus=4, gib=16, gpus=1, gpu_model="A10G", units=10)
    assert "Lowest total cost, on-demand" in shown
    assert "g5.xlarge" in shown


def test_need_that_nothing_meets_says_so(ask: Callable[..., str]) -> None:
    assert "No matching machines" in ask(vcpus=9999)


@pytest.mark.parametrize(
    "need",
    [
        {"vcpus": "many"},
        {"after": "x"},
        {"sort": "x"},
        {"gpu_model": "A11G"},
        {"cloud": "no"},
        {"units": 0},
    ],
)
def test_what_cannot_be_read_is_no_error(ask: Callable[..., str], need: dict[str, object]) -> None:
    assert "Machines" in ask(**need)


def test_csv_has_all_of_them_and_unknown_prices_empty(ask: Callable[..., str]) -> None:
    rows = list(csv.DictReader(ask(format="csv", sort="machine").lstrip("\ufeff").splitlines()))
    assert len(rows) > 1000
    assert {"g5.xlarge", "m5.large"} <= {row["instance_type"] for row in rows}
    assert all(row["usd_spot"] != "0" for row in rows)


def test_clouds_of_other_teams_are_not_offered(charlie: User, ask: Callable[..., str]) -> None:
    client = Client()
    client.force_login(charlie)
    shown = client.get(reverse("configurations:machines"), {"cloud": "aws"}).content.decode()
    assert 'value="aws"' not in shown


def names(shown: str) -> list[str]:
    return re.findall(r'<th scope="row">([^<]+)<', shown.partition('id="found-title"')[2])


def test_network_is_asked_for_where_it_is_known(ask: Callable[..., str]) -> None:
    shown = ask(network=400, sort="on_demand")
    assert "p4d.24xlarge" in names(shown)
    assert "m5.large" not in names(shown)
    assert 'name="zone"' not in shown
    assert "Unknown for aws, so these filters are ignored: zones." in shown


def test_zone_is_asked_for_where_zones_are_known(ask: Callable[..., str], research: Team) -> None:
    make_cloud("gcp", provider="gcp", region="us-central1", team=research)
    shown = ask(cloud="gcp", gpu_model="A100")
    assert '<option value="us-central1-a">' in shown
    assert 'name="network"' not in shown
    assert "Unknown for gcp, so these filters are ignored: network speeds." in shown
    there = ask(cloud="gcp", gpu_model="A100", zone="us-central1-a")
    assert names(there)
    rows = there.partition('id="found-title"')[2].split('<th scope="row">')[1:]
    assert all(re.search(r"x86_64 · a\b", row) for row in rows)
    assert "zones unknown" in ask(cloud="gcp", zone="us-central1-a")


def test_market_decides_which_price_counts(ask: Callable[..., str]) -> None:
    assert names(ask(gpu_model="A10G", market="spot", max_usd="0.6"))
    assert not names(ask(gpu_model="A10G", market="on_demand", max_usd="0.6"))
    assert "Lowest total cost, spot" not in ask(vcpus=4, units=3, market="on_demand")
    assert "Lowest total cost, spot" in ask(vcpus=4, units=3)


def test_every_price_has_its_source_and_its_day(ask: Callable[..., str]) -> None:
    shown = ask(q="m5.2xlarge", units=1)
    assert '<span title="karpenter, listed">List price, Jul 20 2026</span>' in shown
    assert '<span title="spotinfo elsewhere, derived">Spot price, Jun 28 2025</span>' in shown


def test_csv_has_the_sources_too(ask: Callable[..., str]) -> None:
    rows = {row["instance_type"]: row for row in csv.DictReader(ask(format="csv").splitlines())}
    m5 = rows["m5.2xlarge"]
    assert (m5["on_demand_as_of"], m5["on_demand_source"]) == ("2026-07-20", "karpenter")
    assert (m5["spot_quality"], m5["network_gbps"]) == ("derived", "10.0")
    for row in rows.values():
        for market in ("on_demand", "spot"):
            assert bool(row[f"usd_{market}"]) == bool(row[f"{market}_source"])


def test_unknown_price_is_said_to_be_unknown_and_what_has_no_gpu_has_no_price_of_one(
    ask: Callable[..., str],
) -> None:
    shown = ask(q="r9g.large")
    assert "unknown" in shown
    assert "$0.00" not in shown
    row = ask(q="m5.2xlarge").partition('<th scope="row">m5.2xlarge')[2].partition("</tr>")[0]
    assert "unknown" not in row


def test_rate_card_is_the_source_where_the_cloud_names_no_price(
    ask: Callable[..., str], research: Team
) -> None:
    rate_cards()
    shapes = ["8CPU-32GB", "8CPU-32GB-1xT4"]
    make_cloud("k8s", provider="kubernetes", shapes=shapes, team=research)
    assert "Rate card" in ask(cloud="k8s")


def test_price_that_only_the_driver_names_is_the_clouds_own(research: Team) -> None:
    cloud = make_cloud("paper", provider="fake", region="here", team=research)
    rows = priced(search(target_for(cloud), MachineRequirements()), sources_of(cloud))
    assert {row.on_demand for row in rows if row.found.on_demand} == {OWN_LIST}
    assert all(row.spot is None for row in rows if row.found.spot is None)


def test_picker_offers_what_is_known(bob: User, research: Team) -> None:
    make_cloud("aws", provider="aws", region="us-east-1", team=research)
    client = Client()
    client.force_login(bob)
    url = reverse("configurations:picker", args=[research.pk])
    shown = client.get(url, {"cloud": "aws", "network": 400, "market": "spot"}).content.decode()
    assert 'name="network"' in shown
    assert 'name="market"' in shown
    assert 'name="zone"' not in shown
    assert 'data-choose="p4d.24xlarge"' in shown
    assert 'data-choose="m5.large"' not in shown
    shown = client.get(url, {"cloud": "aws", "q": "m5.2xlarge"}).content.decode()
    assert '<span class="sub" title="karpenter, listed">2026-07-20</span>' in shown


def test_page_asks_the_database_as_much_for_many_machines_as_for_none(
    ask: Callable[..., str],
) -> None:
    ask()
    with CaptureQueriesContext(connection) as few:
        ask(q="no-such")
    with CaptureQueriesContext(connection) as many:
        ask(units=3)
    assert len(many) == len(few) <= 12
