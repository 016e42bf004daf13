"""The catalogue that comes with Mobula: what it knows, and what it owns up not to know."""

from decimal import Decimal

import pytest

from clouds import facts
from domain.configuration.ray_labels import ACCELERATORS
from domain.offerings import Market, ProviderKind
from providers.gcp.custom_types import custom_type

AWS, GCP = ProviderKind.AWS, ProviderKind.GCP
REGIONS = [(kind, region) for kind in (AWS, GCP) for region in facts.regions(kind)]
GIB = 2**30


def test_a_dozen_regions_of_each_cloud_are_known() -> None:
    assert [len(facts.regions(kind)) for kind in (AWS, GCP)] == [12, 12]
    assert facts.regions(ProviderKind.LOCAL) == ()


def test_machine_is_what_its_maker_says() -> None:
    types = facts.types(AWS, "us-east-1")
    assert types is not None
    g5 = types["g5.2xlarge"]
    assert (g5.vcpus, g5.memory_bytes, g5.gpus, g5.gpu_model) == (8, 32 * GIB, 1, "A10G")
    assert (g5.arch, types["m7g.large"].arch) == ("x86_64", "arm64")
    assert types["p4d.24xlarge"].has_efa


def test_price_is_listed_with_its_source_and_date() -> None:
    price = facts.prices(AWS, "us-east-1")["m5.2xlarge", Market.ON_DEMAND]
    assert price.usd_per_hour == Decimal("0.384")
    assert (price.source, price.quality, str(price.as_of)) == ("karpenter", "listed", "2026-07-20")


@pytest.mark.parametrize(("kind", "region"), REGIONS)
def test_no_price_is_zero_and_each_is_of_a_machine_that_is_sold(
    kind: ProviderKind, region: str
) -> None:
    types, prices = facts.types(kind, region), facts.prices(kind, region)
    assert types
    assert prices
    assert all(price.usd_per_hour > 0 for price in prices.values())
    assert {name for name, _ in prices} <= types.keys()


@pytest.mark.parametrize(("kind", "region"), REGIONS)
def test_gpu_models_are_in_the_words_of_ray(kind: ProviderKind, region: str) -> None:
    models = {one.gpu_model for one in (facts.types(kind, region) or {}).values()} - {""}
    # Newer than the Ray whose names these are.
    assert models - set(ACCELERATORS) <= {"T4G", "RTX-PRO-4500", "RTX-PRO-6000", "B300"}


def test_no_price_is_a_mere_copy_from_a_source_without_a_licence() -> None:
    found = {
        price.source for kind, region in REGIONS for price in facts.prices(kind, region).values()
    }
    assert "skypilot" not in found


def test_unknown_price_is_left_out() -> None:
    assert ("mac2.metal", Market.ON_DEMAND) not in facts.prices(AWS, "us-east-1")


def test_region_that_is_not_known_has_no_types() -> None:
    assert facts.types(AWS, "moon-1") is None


def test_custom_type_is_found_by_its_name_and_priced_by_its_family() -> None:
    target = facts.target_of_facts(GCP, region="us-central1")
    assert target.types is not None
    machine = target.types["n2-custom-8-32768"]
    assert (machine.vcpus, machine.memory_bytes) == (8, 32 * GIB)
    price = target.prices["n2-custom-8-32768", Market.ON_DEMAND]
    listed = target.prices["n2-standard-8", Market.ON_DEMAND]
    assert price == pytest.approx(listed * Decimal("1.05"), rel=Decimal("0.001"))
    assert "n2-custom-8-32768" in target.types
    assert "n2-custom-7-32768" not in target.types


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("custom-4-16384", True),
        ("n2-custom-8-32768", True),
        ("n2-custom-7-32768", False),  # odd
        ("n2-custom-8-32700", False),  # not in steps of 256 MiB
        ("n2-custom-2-65536", False),  # more than 8 GiB for a vCPU
        ("n2-custom-2-65536-ext", True),
        ("e2-custom-64-65536", False),  # more than 32 vCPUs
        ("c3-custom-8-32768", False),  # a family without custom types
        ("n2-custom-0-256", False),
        ("n2-custom-8", False),
    ],
)
def test_custom_types_follow_googles_rules(name: str, is_one: bool) -> None:
    assert (custom_type(name) is not None) is is_one
