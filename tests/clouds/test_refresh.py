"""The catalogue is refreshed from the cloud itself, as a whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts.models import AuditEntry, User
from clouds import facts, refreshing, schedule, tasks
from clouds.catalogue import price_list, prices_in, types_in, zones_in
from clouds.models import (
    CataloguePrice,
    CatalogueRefresh,
    CatalogueType,
    Cloud,
    RefreshState,
)
from clouds.refreshing import NotRefreshed, TryAgain
from clouds.services import request_refresh
from clouds.tasks import refresh_catalogue, refresh_what_is_old
from domain.offerings import Market, ProviderKind
from mobula.celery import app
from providers.base import BadCredentials, FamilyRate, Throttled
from tests.clouds.told import SOURCE, TODAY, ToldSource, a_price, a_type, open_told

pytestmark = pytest.mark.django_db

REGION = "us-east-1"
M5, ON_DEMAND, SPOT = "m5.2xlarge", Market.ON_DEMAND, Market.SPOT


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Iterator[ToldSource]:
    """A cloud with 200 types of which two have a price."""
    for kind in ("aws", "gcp"):
        monkeypatch.setattr(f"providers.{kind}.prices.open_prices", open_told)
    SOURCE.__dict__.update(ToldSource().__dict__)
    SOURCE.types = [a_type(M5, "us-east-1a", "us-east-1b"), a_type("g5.2xlarge", "us-east-1a")]
    SOURCE.types += [a_type(f"new.{number}", "us-east-1f") for number in range(200)]
    SOURCE.charged = [
        a_price(M5, "0.5"),
        a_price(M5, "0.2", market=SPOT),
        a_price(M5, "0.3", market=SPOT, zone="us-east-1a"),
        a_price("new.1", "0.00000001"),
    ]
    return SOURCE


@pytest.fixture
def cloud() -> Cloud:
    """An AWS cloud for every team."""
    return Cloud.objects.create(name="aws", provider="aws", region=REGION)


@pytest.fixture
def refreshed(cloud: Cloud, source: ToldSource, adam: User) -> Callable[[], CatalogueRefresh]:
    """Ask for a refresh and let a worker do it."""

    def ask_and_work() -> CatalogueRefresh:
        row = request_refresh(cloud, by=adam)
        refresh_catalogue.apply(args=(row.pk,))
        row.refresh_from_db()
        return row

    return ask_and_work


type Refreshed = Callable[[], CatalogueRefresh]


def test_rows_hold_before_the_files(refreshed: Refreshed, cloud: Cloud) -> None:
    row = refreshed()
    assert (row.state, row.types, row.prices) == (RefreshState.DONE, 202, 4)
    types, prices = types_in(cloud), prices_in(cloud)
    assert types is not None
    assert types[M5].vcpus == 2
    assert "m5.large" not in types
    assert (prices[M5, ON_DEMAND], prices[M5, SPOT]) == (Decimal("0.5"), Decimal("0.2"))
    assert prices["new.1", ON_DEMAND] == Decimal("0.00000001")
    assert ("new.2", ON_DEMAND) not in prices
    assert zones_in(cloud) == {"us-east-1a", "us-east-1b", "us-east-1f"}


def test_files_keep_the_price_that_the_cloud_did_not_name(
    refreshed: Refreshed, cloud: Cloud
) -> None:
    built_in = facts.prices(ProviderKind.AWS, REGION)["g5.2xlarge", ON_DEMAND]
    refreshed()
    said = price_list(cloud)
    assert said["g5.2xlarge", ON_DEMAND] == built_in
    new = said[M5, ON_DEMAND]
    assert (new.source, new.as_of, new.quality) == ("EC2 price list", TODAY, "cloud")


def test_what_only_the_files_know_of_a_type_is_kept(
    refreshed: Refreshed, cloud: Cloud, source: ToldSource
) -> None:
    source.types[1] = replace(source.types[1], gpus=1.0, gpu_model="A10G")
    refreshed()
    types = types_in(cloud)
    assert types is not None
    assert types["g5.2xlarge"].gpu_memory_bytes > 0
    assert types[M5].gpu_memory_bytes == 0


def test_next_refresh_replaces_the_whole_of_the_former(
    refreshed: Refreshed, cloud: Cloud, source: ToldSource
) -> None:
    refreshed()
    source.types = source.types[:150]
    source.charged = [a_price(M5, "0.6")]
    refreshed()
    assert CatalogueType.objects.count() == 150
    assert CataloguePrice.objects.count() == 1
    assert prices_in(cloud)[M5, ON_DEMAND] == Decimal("0.6")


def test_other_regions_keep_theirs(refreshed: Refreshed, source: ToldSource, adam: User) -> None:
    refreshed()
    other = Cloud.objects.create(name="west", provider="aws", region="us-west-2")
    refresh_catalogue.apply(args=(request_refresh(other, by=adam).pk,), throw=True)
    assert CatalogueType.objects.filter(region=REGION).count() == len(source.types)


def test_failure_keeps_the_former_and_says_why(
    refreshed: Refreshed, cloud: Cloud, source: ToldSource
) -> None:
    refreshed()
    source.types = source.types[:100]
    source.error = BadCredentials("EC2 refused the credentials. Check them.")
    row = refreshed()
    assert (row.state, row.message) == (RefreshState.FAILED, str(source.error))
    assert row.finished_at is not None
    assert CatalogueType.objects.count() == 202
    assert prices_in(cloud)[M5, ON_DEMAND] == Decimal("0.5")


@pytest.mark.parametrize("kept", [0, 1, 20])
def test_absurdly_small_answer_is_refused(
    refreshed: Refreshed, cloud: Cloud, source: ToldSource, kept: int
) -> None:
    source.types = source.types[:kept]
    row = refreshed()
    assert row.state == RefreshState.FAILED
    assert f"AWS returned {kept} machine types in us-east-1" in row.message
    assert "m5.large" in (types_in(cloud) or {})


def test_answer_without_a_price_is_refused(refreshed: Refreshed, source: ToldSource) -> None:
    source.charged = []
    assert "returned no prices" in refreshed().message


def test_answer_that_no_row_can_hold_changes_nothing(
    refreshed: Refreshed, source: ToldSource, caplog: pytest.LogCaptureFixture
) -> None:
    refreshed()
    source.charged.append(a_price("new.2", "0"))
    row = refreshed()
    assert row.state == RefreshState.FAILED
    assert "could not be read" in row.message
    assert CataloguePrice.objects.count() == 4


def test_second_message_does_nothing(refreshed: Refreshed, source: ToldSource) -> None:
    row = refreshed()
    refresh_catalogue.apply(args=(row.pk,), throw=True)
    assert source.asked == 1


def test_worker_that_was_given_up_changes_nothing_any_more(
    cloud: Cloud, source: ToldSource, adam: User
) -> None:
    slow = request_refresh(cloud, by=adam)
    refreshing.give_up(slow, "Lost.")
    answer = refreshing.read(source, REGION)
    refreshing.keep(slow, answer)
    assert not CatalogueType.objects.exists()


def test_one_refresh_of_a_region_runs_at_a_time(
    cloud: Cloud, source: ToldSource, adam: User
) -> None:
    first = request_refresh(cloud, by=adam)
    with pytest.raises(NotRefreshed, match="is already running"):
        request_refresh(cloud, by=adam)
    CatalogueRefresh.objects.update(started_at=timezone.now() - timedelta(minutes=16))
    request_refresh(cloud, by=adam)
    first.refresh_from_db()
    assert first.state == RefreshState.FAILED
    assert "15 minutes" in first.message


def test_busy_cloud_is_asked_again_and_given_up_at_the_last(
    cloud: Cloud, source: ToldSource, adam: User
) -> None:
    source.error = Throttled("EC2 is throttling requests. Try again in a few minutes.")
    row = request_refresh(cloud, by=adam)
    with pytest.raises(TryAgain):
        refreshing.refresh(row.pk, is_last_try=False)
    row.refresh_from_db()
    assert row.state == RefreshState.RUNNING
    refreshing.refresh(row.pk, is_last_try=True)
    row.refresh_from_db()
    assert row.state == RefreshState.FAILED


def test_task_tries_four_times(refreshed: Refreshed, source: ToldSource) -> None:
    source.error = Throttled("EC2 is throttling requests. Try again in a few minutes.")
    assert refreshed().state == RefreshState.FAILED
    assert source.asked == 4


def test_broker_that_is_away_is_told(
    cloud: Cloud,
    source: ToldSource,
    adam: User,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    def away(*args: object, **options: object) -> None:
        raise OperationalError("no")

    monkeypatch.setattr(refresh_catalogue, "apply_async", away)
    with django_capture_on_commit_callbacks(execute=True):
        row = request_refresh(cloud, by=adam)
    row.refresh_from_db()
    assert "Could not reach the message broker" in row.message


def test_custom_machines_are_priced_by_the_clouds_rates(source: ToldSource, adam: User) -> None:
    cloud = Cloud.objects.create(name="gcp", provider="gcp", region="us-central1")
    source.rates = [
        FamilyRate(family="n2", usd_per_vcpu=Decimal("0.1"), usd_per_gib=Decimal("0.01"))
    ]
    refresh_catalogue.apply(args=(request_refresh(cloud, by=adam).pk,), throw=True)
    prices = prices_in(cloud)
    assert prices["n2-custom-8-32768", ON_DEMAND] == Decimal("1.12")
    assert prices.get(("n2-custom-8-32768", SPOT)) is None
    assert prices.get(("e2-custom-8-32768", ON_DEMAND)) is not None
    assert "n2-custom-8-32768" in (types_in(cloud) or {})


def test_catalogue_is_read_once_and_then_costs_one_small_query(
    refreshed: Refreshed, cloud: Cloud
) -> None:
    refreshed()
    types, again = types_in(cloud), Cloud.objects.get()
    with CaptureQueriesContext(connection) as asked:
        assert types_in(again) is types
        assert prices_in(again)
    assert len(asked) == 1


def test_unknown_price_cannot_be_zero_in_the_database() -> None:
    row = {"provider": "aws", "region": REGION, "instance_type": M5, "market": "on_demand"}
    with pytest.raises(IntegrityError), transaction.atomic():
        CataloguePrice.objects.create(**row, usd_per_hour=0, as_of=TODAY, source="x", quality="x")


def test_old_regions_are_asked_once_a_day_if_somebody_asked_before(
    refreshed: Refreshed, cloud: Cloud, source: ToldSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []
    monkeypatch.setattr(tasks.refresh_catalogue, "delay", sent.append)
    Cloud.objects.create(name="never-asked", provider="gcp", region="us-central1")
    refresh_what_is_old()
    assert not sent  # nobody asked
    row = refreshed()
    refresh_what_is_old()
    assert not sent  # it is new
    CatalogueRefresh.objects.filter(pk=row.pk).update(
        started_at=timezone.now() - timedelta(hours=25)
    )
    refresh_what_is_old()
    refresh_what_is_old()
    again = CatalogueRefresh.objects.get(state=RefreshState.RUNNING)
    assert sent == [again.pk]
    assert again.asked_by is None


def test_beat_asks_for_a_task_that_exists() -> None:
    app.loader.import_default_modules()
    assert {entry["task"] for entry in schedule.CELERY_BEAT.values()} <= set(app.tasks)


def post(user: User, cloud: Cloud, *, method: str = "post") -> Any:
    """Press the button as somebody."""
    client = Client()
    client.force_login(user)
    return getattr(client, method)(reverse("clouds:refresh", args=[cloud.pk]), follow=True)


def page(user: User, **headers: Any) -> str:
    """Return the list of clouds as somebody sees it."""
    client = Client()
    client.force_login(user)
    return str(client.get(reverse("clouds:list"), headers=headers).content.decode())


def test_admin_presses_the_button_and_the_trail_says_so(
    cloud: Cloud, source: ToldSource, adam: User
) -> None:
    answer = post(adam, cloud)
    assert "Refreshing the machine types and prices of aws." in answer.content.decode()
    entry = AuditEntry.objects.get(action="cloud.refresh-requested")
    assert (entry.actor, entry.subject_name) == (adam, "aws")
    row = CatalogueRefresh.objects.get()
    assert (row.asked_by, row.state) == (adam, RefreshState.RUNNING)
    assert "is already running" in post(adam, cloud).content.decode()


def test_others_may_not_and_get_changes_nothing(
    cloud: Cloud, source: ToldSource, alice: User, adam: User
) -> None:
    assert post(alice, cloud).status_code == 403
    assert post(adam, cloud, method="get").status_code == 405
    assert not CatalogueRefresh.objects.exists()
    assert "/refresh/" not in page(alice)


def test_kind_without_a_price_list_says_why_not(adam: User) -> None:
    cloud = Cloud.objects.create(name="k8s", provider="kubernetes", region="x")
    assert "Kubernetes has no price list. The rate card sets its prices." in page(adam)
    assert "no price list" in post(adam, cloud).content.decode()
    assert not CatalogueRefresh.objects.exists()


def test_list_is_live_while_a_refresh_runs(
    cloud: Cloud, source: ToldSource, adam: User, bob: User
) -> None:
    assert "every 2s" not in page(bob)
    row = request_refresh(cloud, by=adam)
    live = page(bob, hx_request="true")
    assert "every 2s" in live
    assert "Running for" in live
    assert "<html" not in live
    refreshing.refresh(row.pk, is_last_try=True)
    done = page(bob, hx_request="true")
    assert "every 2s" not in done
    assert "202 types, 4 prices" in done
    assert "2026-11-25</span>, EC2 price list" in done
    assert ", built-in price list" in done


def test_list_says_why_a_refresh_failed(
    refreshed: Refreshed, source: ToldSource, bob: User
) -> None:
    source.error = BadCredentials("EC2 refused the credentials. Check them.")
    refreshed()
    assert "EC2 refused the credentials. Check them." in page(bob)


def test_refresh_that_was_lost_may_be_asked_again(
    cloud: Cloud, source: ToldSource, adam: User
) -> None:
    request_refresh(cloud, by=adam)
    CatalogueRefresh.objects.update(started_at=timezone.now() - timedelta(minutes=16))
    shown = page(adam)
    assert "did not finish" in shown
    assert "every 2s" not in shown
    assert reverse("clouds:refresh", args=[cloud.pk]) in shown
