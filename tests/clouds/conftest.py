"""A cloud, the prices it is told to say, and its refresh."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.cast import make_cloud

if TYPE_CHECKING:
    from accounts.models import User
    from clouds.models import CatalogueRefresh, Cloud
    from tests.clouds.told import ToldSource


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> ToldSource:
    """A cloud with 200 types of which two have a price."""
    from tests.clouds.told import M5, SOURCE, SPOT, ToldSource, a_price, a_type, open_told

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
    from tests.clouds.told import REGION

    return make_cloud("aws", provider="aws", region=REGION)


@pytest.fixture
def refreshed(cloud: Cloud, source: ToldSource, adam: User) -> Callable[[], CatalogueRefresh]:
    """Ask for a refresh and let a worker do it."""
    from clouds.services import request_refresh
    from clouds.tasks import refresh_catalogue

    def ask_and_work() -> CatalogueRefresh:
        row = request_refresh(cloud, by=adam)
        refresh_catalogue.apply(args=(row.pk,))
        row.refresh_from_db()
        return row

    return ask_and_work
