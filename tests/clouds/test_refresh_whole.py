"""From the button to the price: the services, the real sources, and doubles of the clouds."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from clouds import facts
from clouds.catalogue import price_list, types_in, zones_in
from clouds.models import Cloud, RefreshState
from clouds.services import request_refresh
from clouds.tasks import refresh_catalogue
from domain.offerings import InstanceType, Market, ProviderKind
from tests.cast import make_cloud
from tests.doubles import aws, gcp

pytestmark = pytest.mark.django_db


def refreshed(cloud: Cloud, user: User) -> None:
    """Ask for a refresh and let a worker do it."""
    row = request_refresh(cloud, by=user)
    refresh_catalogue.apply(args=(row.pk,))
    row.refresh_from_db()
    assert (row.state, row.message) == (RefreshState.DONE, "")


def ask_at(settings: Any, kind: str, url: str) -> None:
    """Let refreshes ask a double."""
    settings.PRICE_ACCESS = {kind: {"machines_url": url, "prices_url": url}}


def is_same(one: InstanceType, other: InstanceType) -> bool:
    """Return whether two agree on all that counts; sizes that were rounded may differ a little."""
    for name in ("vcpus", "gpus", "gpu_model", "arch", "family", "has_spot", "has_efa"):
        if getattr(one, name) != getattr(other, name):
            return False
    sizes = ("memory_bytes", "gpu_memory_bytes", "local_disk_bytes")
    return all(getattr(one, s) == pytest.approx(getattr(other, s), rel=0.001) for s in sizes)


def test_ec2_is_known_as_it_says_itself(
    adam: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud = make_cloud("aws", provider="aws", region="us-east-1")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "none")
    with aws.running() as double:
        double.list_price("m5.2xlarge", "0.4000000000", region="us-east-1")
        double.spot_price("m5.2xlarge", "us-east-1c", "0.1234")
        ask_at(settings, "aws", double.url)
        refreshed(cloud, adam)
    said, zones, types = price_list(cloud), zones_in(cloud), types_in(cloud)
    assert said["m5.2xlarge", Market.ON_DEMAND].usd_per_hour == Decimal("0.4")
    assert said["m5.2xlarge", Market.ON_DEMAND].source == "EC2 price list"
    assert said["m5.2xlarge", Market.SPOT].source == "EC2 spot price history"
    assert "us-east-1a" in (zones or ())
    built_in = facts.types(ProviderKind.AWS, "us-east-1") or {}
    # What the files say of sizes and GPUs is what EC2's own descriptions say, read by other eyes.
    wrong = [
        name
        for name, one in (types or {}).items()
        if name in built_in and not is_same(one, built_in[name])
    ]
    assert len(types or {}) > 1000
    assert wrong == []


def test_compute_engine_is_known_as_it_says_itself(
    adam: User, settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cloud = make_cloud("gcp", provider="gcp", region="us-central1")
    with gcp.running() as double:
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(double.credentials(tmp_path)))
        for cpus in range(2, 200, 2):
            double.machine(f"n2-standard-{cpus}", "us-central1-a", vcpus=cpus, gib=cpus * 4)
        for name, usd, unit in (("Core", "0.03", "h"), ("Ram", "0.004", "GiBy.h")):
            for of in ("N2", "N2 Custom"):
                sku = f"{of} Instance {name} running in Iowa"
                double.sku(sku, usd, region="us-central1", unit=unit)
        ask_at(settings, "gcp", double.url)
        refreshed(cloud, adam)
    price = price_list(cloud)["n2-standard-4", Market.ON_DEMAND]
    assert (price.usd_per_hour, price.source) == (Decimal("0.184"), "Cloud Billing Catalog")
    assert zones_in(cloud) == {"us-central1-a"}
    assert "n2-custom-8-32768" in (types_in(cloud) or {})
