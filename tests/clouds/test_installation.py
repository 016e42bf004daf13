"""Each installation has one name of its own, which its machines carry."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from clouds.drivers import account_of
from clouds.models import Cloud, Installation
from providers.aws.account import read_account
from providers.aws.tags import INSTALLATION, of_cluster
from tests.cast import make_cloud


@pytest.fixture(autouse=True)
def unread() -> Iterator[None]:
    """As in a process that has just started."""
    Installation.objects.forget()
    yield
    Installation.objects.forget()


@pytest.mark.django_db
def test_the_name_is_random_and_kept() -> None:
    first = Installation.objects.own_key()
    assert len(bytes.fromhex(first)) == 10
    Installation.objects.forget()
    assert Installation.objects.own_key() == first
    Installation.objects.all().delete()
    Installation.objects.forget()
    assert Installation.objects.own_key() != first


@pytest.mark.django_db
def test_it_is_read_once_by_each_process(django_assert_num_queries: Any) -> None:
    Installation.objects.own_key()
    Installation.objects.own_key()
    with django_assert_num_queries(0):
        Installation.objects.own_key()


@pytest.mark.django_db
def test_a_name_whose_row_was_rolled_back_is_forgotten() -> None:
    Installation.objects.all().delete()
    with transaction.atomic():
        lost = Installation.objects.own_key()
        transaction.set_rollback(True)
    assert Installation.objects.own_key() != lost


@pytest.mark.django_db
def test_there_is_one() -> None:
    Installation.objects.own_key()
    with pytest.raises(IntegrityError, match="installation_is_one"):
        Installation.objects.create(pk=2)


@pytest.mark.django_db(transaction=True)
def test_many_at_once_agree() -> None:
    Installation.objects.all().delete()

    def asked(_: int) -> str:
        Installation.objects.forget()
        try:
            return Installation.objects.own_key()
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(asked, range(8)))) == 1
    assert Installation.objects.count() == 1


@pytest.mark.django_db
def test_machines_of_a_cloud_carry_it() -> None:
    account = account_of(make_cloud("aws", provider="aws", region="us-east-1"))
    key = Installation.objects.own_key()
    assert account.installation == key
    assert of_cluster("c4f1a9e2", read_account(account).installation)[INSTALLATION] == key


def test_a_cloud_on_paper_asks_no_database() -> None:
    paper = Cloud(name="paper", provider="aws", region="us-east-1")
    assert account_of(paper).installation == ""
