"""An answer of a cloud is put in place as a whole or not at all."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from clouds.catalogue import prices_in, types_in
from clouds.models import (
    CataloguePrice,
    CatalogueType,
    Cloud,
    RefreshState,
)
from clouds.services import request_refresh
from clouds.tasks import refresh_catalogue
from tests.cast import make_cloud
from tests.clouds.told import (
    M5,
    ON_DEMAND,
    REGION,
    TODAY,
    Refreshed,
    ToldSource,
    a_price,
)

pytestmark = pytest.mark.django_db


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
    other = make_cloud("west", provider="aws", region="us-west-2")
    refresh_catalogue.apply(args=(request_refresh(other, by=adam).pk,), throw=True)
    assert CatalogueType.objects.filter(region=REGION).count() == len(source.types)


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


def test_unknown_price_cannot_be_zero_in_the_database() -> None:
    row = {"provider": "aws", "region": REGION, "instance_type": M5, "market": "on_demand"}
    with pytest.raises(IntegrityError), transaction.atomic():
        CataloguePrice.objects.create(**row, usd_per_hour=0, as_of=TODAY, source="x", quality="x")
