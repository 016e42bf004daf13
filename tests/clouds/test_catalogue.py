"""Refreshed rows come before the built-in files."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from clouds import facts
from clouds.catalogue import price_list, prices_in, types_in, zones_in
from clouds.models import (
    Cloud,
    RefreshState,
)
from clouds.services import request_refresh
from clouds.tasks import refresh_catalogue
from domain.offerings import ProviderKind
from providers.base import FamilyRate
from tests.cast import make_cloud
from tests.clouds.told import (
    M5,
    ON_DEMAND,
    REGION,
    SPOT,
    TODAY,
    Refreshed,
    ToldSource,
)

pytestmark = pytest.mark.django_db


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


def test_custom_machines_are_priced_by_the_clouds_rates(source: ToldSource, adam: User) -> None:
    cloud = make_cloud("gcp", provider="gcp", region="us-central1")
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
