"""Machines are planned in zones in which the account has a subnet."""

from __future__ import annotations

import pytest

from domain.catalogue.region import RegionCatalogue
from domain.configuration.spec import ComputeConfig, WorkerGroup
from domain.offerings import InstanceType
from domain.planner.request.offers import offers_of, zones_of, zones_of_head
from domain.quantities import GIB

A, B, C = "us-east-1a", "us-east-1b", "us-east-1c"


def machine(*zones: str, is_known: bool = True) -> InstanceType:
    """A type that is offered in these zones, or nobody knows where."""
    return InstanceType(
        name="m5.large", vcpus=2, memory_bytes=8 * GIB, gpus=0, arch="x86_64",
        zones=frozenset(zones) if is_known else None,
    )  # fmt: skip


def chosen(
    one: InstanceType,
    *,
    subnets: set[str] = frozenset(),
    wanted: tuple[str, ...] | None = None,  # type: ignore[assignment]
) -> list[str]:
    target = RegionCatalogue(types={one.name: one}, connected_zones=frozenset(subnets))
    return zones_of(one, ComputeConfig(zones=wanted), target)


@pytest.mark.parametrize(
    ("offered", "subnets", "wanted", "zones"),
    [
        ((A, B, C), set(), None, [A, B, C]),
        ((A, B, C), {B, C}, None, [B, C]),
        ((A, B), {B, C}, None, [B]),
        ((A, B, C), {B, C}, (C, A), [C]),
        ((A,), {B, C}, None, [A]),  # no subnet will do: the driver says so
        ((A, B, C), {B}, (A,), [A]),
    ],
)
def test_they_are_offered_wanted_and_have_a_subnet(
    offered: tuple[str, ...], subnets: set[str], wanted: tuple[str, ...] | None, zones: list[str]
) -> None:
    assert chosen(machine(*offered), subnets=subnets, wanted=wanted) == zones


def test_where_nobody_knows_the_zones_of_a_type_all_subnets_are_chosen_from() -> None:
    unknown = machine(is_known=False)
    assert chosen(unknown, subnets={C, B}) == [B, C]
    assert chosen(unknown) == [""]
    group = WorkerGroup(name="cpu", instance_type=unknown.name)
    target = RegionCatalogue(types={unknown.name: unknown}, connected_zones=frozenset({B, C}))
    offers = offers_of(group, ComputeConfig(worker_nodes=(group,)), target)
    assert [offer.zone for offer in offers] == [B, C]


def test_a_head_has_a_zone_only_where_something_says_which() -> None:
    one = machine(A, B)
    everywhere = RegionCatalogue(types={one.name: one})
    assert zones_of_head(one, ComputeConfig(), everywhere) == [""]
    assert zones_of_head(one, ComputeConfig(zones=(B,)), everywhere) == [B]
    connected = RegionCatalogue(types={one.name: one}, connected_zones=frozenset({B}))
    assert zones_of_head(one, ComputeConfig(), connected) == [B]
    assert zones_of_head(None, ComputeConfig(), connected) == [B]
