"""The page of machines: by need, sorted, priced, and advice for many of one kind."""

from __future__ import annotations

import csv
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Team, User
from clouds.models import Cloud

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(bob: User, research: Team) -> Callable[..., str]:
    """Ask the page for machines of a cloud on AWS, as somebody who may only look."""
    Cloud.objects.create(name="aws", provider="aws", region="us-east-1", team=research)
    client = Client()
    client.force_login(bob)

    def asked(**need: object) -> str:
        answer = client.get(reverse("clusters:machines"), {"cloud": "aws", **need})
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
    assert first(ask(gpu_model="A10G", order="gpus")) == "g5.48xlarge"


def test_advice_counts_machines_for_the_whole_need(ask: Callable[..., str]) -> None:
    shown = ask(vcpus=4, gib=16, gpus=1, gpu_model="A10G", units=10)
    assert "The least for all of them, on demand" in shown
    assert "g5.xlarge" in shown


def test_need_that_nothing_meets_says_so(ask: Callable[..., str]) -> None:
    assert "Nothing has all of that" in ask(vcpus=9999)


@pytest.mark.parametrize(
    "need", [{"vcpus": "many"}, {"page": "x"}, {"gpu_model": "A11G"}, {"cloud": "no"}, {"units": 0}]
)
def test_what_cannot_be_read_is_no_error(ask: Callable[..., str], need: dict[str, object]) -> None:
    assert "Machines" in ask(**need)


def test_csv_has_all_of_them_and_unknown_prices_empty(ask: Callable[..., str]) -> None:
    rows = list(csv.DictReader(ask(format="csv", order="name").lstrip("\ufeff").splitlines()))
    assert len(rows) > 1000
    assert {"g5.xlarge", "m5.large"} <= {row["instance_type"] for row in rows}
    assert all(row["usd_spot"] != "0" for row in rows)


def test_clouds_of_other_teams_are_not_offered(charlie: User, ask: Callable[..., str]) -> None:
    client = Client()
    client.force_login(charlie)
    shown = client.get(reverse("clusters:machines"), {"cloud": "aws"}).content.decode()
    assert 'value="aws"' not in shown
