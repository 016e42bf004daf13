"""What both sources of types and prices promise, against doubles of their clouds."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from domain.offerings import Market, ProviderKind
from providers import registry
from providers.base import (
    BadCredentials,
    InvalidRequest,
    PriceAccess,
    PriceSource,
    ProviderError,
    Throttled,
    Unreachable,
)
from tests.doubles import aws, gcp

OF_AWS, OF_GCP = "us-east-1", "us-central1"
GIB = 2**30


@dataclass
class Site:
    """One cloud's double, filled, and how its source is opened."""

    kind: ProviderKind
    region: str
    double: Any
    failures: ModuleType
    a_machine: str
    zones: set[str]  # that offer it

    def open(self) -> PriceSource:
        """Return a new source that asks the double."""
        access = PriceAccess(machines_url=self.double.url, prices_url=self.double.url)
        source = registry.open_price_source(self.kind, access=access)
        assert source is not None
        return source


@pytest.fixture(scope="module")
def aws_double() -> Iterator[aws.AwsDouble]:
    """AWS, running."""
    with aws.running() as double:
        yield double


@pytest.fixture
def of_aws(aws_double: aws.AwsDouble, monkeypatch: pytest.MonkeyPatch) -> Site:
    """AWS with three list prices and some spot prices, and credentials for it."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIASECRET")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "SECRET")
    aws_double.reset()
    for name, dollars in (("m5.large", "0.096"), ("g5.xlarge", "1.006"), ("c5.large", "0.085")):
        aws_double.list_price(name, dollars, region=OF_AWS)
    now = datetime.now(UTC)
    aws_double.spot_price("m5.large", "us-east-1a", "0.0500", at=now - timedelta(minutes=50))
    aws_double.spot_price("m5.large", "us-east-1a", "0.0400", at=now - timedelta(minutes=5))
    aws_double.spot_price("m5.large", "us-east-1b", "0.0350", at=now)
    return Site(ProviderKind.AWS, OF_AWS, aws_double, aws, "m5.large", {"us-east-1a", "us-east-1b"})


@pytest.fixture
def of_gcp(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Site]:
    """Google Cloud with a family of which all is known, and some of which it is not."""
    with gcp.running() as double:
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(double.credentials(tmp_path)))
        monkeypatch.delenv("GOOGLE_CLOUD_PROJECT", raising=False)
        for zone in ("us-central1-a", "us-central1-b"):
            double.machine("n2-standard-4", zone, vcpus=4, gib=16)
        l4 = [{"guestAcceleratorType": "nvidia-l4", "guestAcceleratorCount": 1}]
        double.machine("g2-standard-4", "us-central1-a", vcpus=4, gib=16, accelerators=l4)
        double.machine("e2-micro", "us-central1-a", vcpus=2, gib=1, isSharedCpu=True)
        double.machine("x9-standard-4", "us-central1-a", vcpus=4, gib=16)
        double.machine("n2-standard-8", "europe-west4-a", vcpus=8, gib=32)
        double.accelerators.append(
            ("us-central1-a", {"name": "nvidia-l4", "description": "NVIDIA L4"})
        )
        core, ram, region = (
            "Instance Core running in Americas",
            "Instance Ram running in Americas",
            OF_GCP,
        )
        double.sku(f"N2 {core}", "0.031611", region=region)
        double.sku(f"N2 {ram}", "0.004237", region=region, unit="GiBy.h")
        double.sku(f"Spot Preemptible N2 {core}", "0.007", region=region, spot=True)
        double.sku(f"N2 {core}", "0.9", region="europe-west4")
        double.sku(f"N2 Custom {core}", "0.033191", region=region)
        double.sku(f"N2 Custom {ram}", "0.004446", region=region, unit="GiBy.h")
        double.sku(f"G2 {core}", "0.024988", region=region)
        double.sku(f"G2 {ram}", "0.002927", region=region, unit="GiBy.h")
        double.sku("Nvidia L4 GPU running in Americas", "0.560040", region=region)
        double.sku(f"N2 Sole Tenancy {core}", "0.7", region=region)
        double.sku(f"E2 {core}", "0.02", region=region)
        double.sku(f"E2 {ram}", "0.003", region=region, unit="GiBy.h")
        yield Site(
            ProviderKind.GCP,
            OF_GCP,
            double,
            gcp,
            "n2-standard-4",
            {"us-central1-a", "us-central1-b"},
        )


@pytest.fixture(params=["of_aws", "of_gcp"])
def site(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Each cloud in turn; waits between tries are short."""
    monkeypatch.setattr(random, "random", lambda: 0.01)
    found: Site = request.getfixturevalue(request.param)
    return found


def test_machines_name_the_zones_that_offer_them(site: Site) -> None:
    types = {one.name: one for one in site.open().machine_types(site.region)}
    assert site.zones <= (types[site.a_machine].zones or set())
    assert all(one.zones for one in types.values())
    assert all(one.memory_bytes > 0 and one.vcpus > 0 for one in types.values())


def test_every_price_is_positive_and_says_who_says_so_and_when(site: Site) -> None:
    prices = site.open().prices(site.region)
    assert {one.market for one in prices} >= {Market.ON_DEMAND}
    for one in prices:
        assert one.usd_per_hour > 0
        assert one.source
        assert one.as_of == datetime.now(UTC).date()


def test_all_pages_are_read(site: Site) -> None:
    site.open().prices(site.region)
    call = "GetProducts" if site.kind is ProviderKind.AWS else "/v1/services/6F81-5844-456A/skus"
    assert site.double.calls.count(call) > 1


def test_one_refusal_for_haste_is_tried_again(site: Site) -> None:
    site.double.failures.append(site.failures.THROTTLED)
    assert site.open().prices(site.region)


def test_lasting_haste_is_told_and_may_be_tried_later(site: Site) -> None:
    site.double.failures.extend([site.failures.THROTTLED] * 20)
    with pytest.raises(Throttled, match="Try again"):
        site.open().prices(site.region)
    assert Throttled.retryable


@pytest.mark.parametrize("call", ["machine_types", "prices"])
@pytest.mark.parametrize(
    ("failure", "error"), [("REFUSED", BadCredentials), ("BROKEN", InvalidRequest)]
)
def test_refusals_are_told_without_secrets(
    site: Site, call: str, failure: str, error: type[ProviderError]
) -> None:
    site.double.failures.append(getattr(site.failures, failure))
    with pytest.raises(error) as told:
        getattr(site.open(), call)(site.region)
    assert "SECRET" not in str(told.value)
    assert str(told.value).endswith(".")
    assert not told.value.retryable


def test_cloud_that_does_not_answer_is_given_up_in_time(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    if site.kind is ProviderKind.AWS:
        monkeypatch.setattr("providers.aws.client.READ_SECONDS", 0.2)
    else:
        monkeypatch.setattr("providers.gcp.client.TIMEOUT_SECONDS", 0.2)
    site.double.delay = 1
    began = time.monotonic()
    with pytest.raises(Unreachable):
        site.open().machine_types(site.region)
    assert time.monotonic() - began < 10
    site.double.delay = 0


def test_cloud_that_is_not_there_is_unreachable(site: Site) -> None:
    access = PriceAccess(machines_url="http://127.0.0.1:9", prices_url="http://127.0.0.1:9")
    source = registry.open_price_source(site.kind, access=access)
    assert source is not None
    with pytest.raises(Unreachable):
        source.machine_types(site.region)


def test_without_credentials_nobody_is_asked(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/account.json")
    with pytest.raises(BadCredentials):
        site.open().machine_types(site.region)
    assert not site.double.calls


def test_aws_is_asked_with_the_credentials_of_the_cloud(of_aws: Site) -> None:
    keys = {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "of the cloud"}
    access = PriceAccess(
        machines_url=of_aws.double.url, prices_url=of_aws.double.url, credentials=keys
    )
    source = registry.open_price_source(of_aws.kind, access=access)
    assert source is not None
    assert source.machine_types(of_aws.region)
    assert source.prices(of_aws.region)
    assert of_aws.double.signers == {"AKIAIOSFODNN7EXAMPLE"}


def test_sources_import_no_sdk_before_they_ask() -> None:
    code = (
        "import sys, providers.aws.prices, providers.gcp.prices, providers.aws.errors;"
        "sys.exit(bool({'boto3', 'botocore', 'google.auth', 'googleapiclient'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_kinds_without_a_price_list_have_no_source() -> None:
    assert registry.open_price_source(ProviderKind.KUBERNETES, access=PriceAccess()) is None


def test_spot_on_ec2_is_the_newest_of_each_zone_and_the_least_of_the_region(of_aws: Site) -> None:
    spot = {
        one.zone: one.usd_per_hour
        for one in of_aws.open().prices(OF_AWS)
        if one.market is Market.SPOT
    }
    assert spot == {
        "us-east-1a": Decimal("0.0400"),
        "us-east-1b": Decimal("0.0350"),
        "": Decimal("0.0350"),
    }


def test_ec2_price_that_is_zero_or_said_twice_is_unknown(of_aws: Site) -> None:
    of_aws.double.list_price("p5.48xlarge", "0.0000000000", region=OF_AWS)
    of_aws.double.list_price("m5.large", "0.2", region=OF_AWS)
    of_aws.double.list_price("c5.large", "9", region=OF_AWS, marketoption="CapacityBlock")
    of_aws.double.list_price("c5.large", "7", region=OF_AWS, tenancy="Dedicated")
    listed = {
        one.instance_type: one.usd_per_hour
        for one in of_aws.open().prices(OF_AWS)
        if one.market is Market.ON_DEMAND
    }
    assert listed == {"g5.xlarge": Decimal("1.006"), "c5.large": Decimal("0.085")}


def test_ec2_machine_is_told_in_our_words(of_aws: Site) -> None:
    types = {one.name: one for one in of_aws.open().machine_types(OF_AWS)}
    g5 = types["g5.xlarge"]
    assert (g5.vcpus, g5.memory_bytes, g5.gpus, g5.gpu_model) == (4, 16 * GIB, 1, "A10G")
    assert (g5.gpu_memory_bytes > 20 * GIB, g5.network_gbps, g5.has_spot) == (True, 10, True)
    assert types["m6g.large"].arch == "arm64"
    assert (types["m6g.large"].burstable, types["t3.large"].burstable) == (False, True)


def test_gce_machine_is_priced_where_each_part_is_known(of_gcp: Site) -> None:
    prices = {(one.instance_type, one.market): one for one in of_gcp.open().prices(OF_GCP)}
    assert {key: one.usd_per_hour for key, one in prices.items()} == {
        ("n2-standard-4", Market.ON_DEMAND): Decimal("0.194236"),
        ("g2-standard-4", Market.ON_DEMAND): Decimal("0.706824"),
    }
    assert all(one.is_derived for one in prices.values())


def test_gce_machines_of_other_regions_are_not_this_ones(of_gcp: Site) -> None:
    names = {one.name for one in of_gcp.open().machine_types(OF_GCP)}
    assert names == {"n2-standard-4", "g2-standard-4", "e2-micro", "x9-standard-4"}


def test_gce_machine_with_a_share_of_a_core_is_burstable(of_gcp: Site) -> None:
    types = {one.name: one for one in of_gcp.open().machine_types(OF_GCP)}
    assert types["e2-micro"].burstable
    assert not types["n2-standard-4"].burstable


def test_custom_machines_of_gce_have_their_own_rates(of_gcp: Site) -> None:
    rates = {one.family: one for one in of_gcp.open().family_rates(OF_GCP)}
    assert rates.keys() == {"n2"}
    assert rates["n2"].usd_per_vcpu == Decimal("0.033191")
    assert rates["n2"].spot_usd_per_vcpu is None
