"""Is there room: quotas, zones, scores of spot, addresses."""

from __future__ import annotations

import pytest

from domain.offerings import Market
from mobula.demo_cloud.aws.world import SUBNETS, Subnet, World
from providers.aws.preflight.quotas import quota_of
from providers.preflight import Outcome
from tests.providers.aws.conftest import CLUSTER as REF
from tests.providers.aws.conftest import Open, head
from tests.providers.aws.conftest import workers as nodes
from tests.providers.aws.preflight.conftest import HEAD, WORKERS, Checks, workers

STANDARD = "quota:L-1216C47A"


@pytest.mark.parametrize(
    ("name", "on_demand", "spot"),
    [
        ("m5.large", "L-1216C47A", "L-34B43A08"),
        ("im4gn.large", "L-1216C47A", "L-34B43A08"),
        ("g5.xlarge", "L-DB2E81BA", "L-3819A6DF"),
        ("gr6.4xlarge", "L-DB2E81BA", "L-3819A6DF"),
        ("vt1.3xlarge", "L-DB2E81BA", "L-3819A6DF"),
        ("p4d.24xlarge", "L-417A185B", "L-7212CCBC"),
        ("p5en.48xlarge", "L-417A185B", "L-C4BD4855"),
        ("p6-b200.48xlarge", "L-417A185B", ""),
        ("inf2.xlarge", "L-1945791B", "L-B5D1601B"),
        ("trn1.2xlarge", "L-2C3B7624", "L-6B0D517C"),
        ("hpc7g.16xlarge", "L-F7808C92", ""),
        ("u-6tb1.metal", "L-43DA4232", ""),
    ],
)
def test_each_family_counts_against_its_own_quota(name: str, on_demand: str, spot: str) -> None:
    quota = quota_of(name)
    assert quota is not None
    assert (quota.code(Market.ON_DEMAND), quota.code(Market.SPOT)) == (on_demand, spot)


def test_a_family_that_is_not_known_has_no_quota() -> None:
    assert quota_of("mac2.metal") is None


@pytest.mark.parametrize(
    ("limit", "outcome"), [(26, Outcome.PASS), (25, Outcome.WARN), (9, Outcome.FAIL)]
)
def test_what_runs_counts_against_the_quota_of_its_family_and_market(
    check: Checks, world: World, open_aws: Open, limit: float, outcome: Outcome
) -> None:
    """4 vCPUs of the standard family run on demand, others as spot or elsewhere."""
    driver = open_aws()
    driver.prepare(REF)
    driver.launch(REF, [head(), *nodes(1, first=2), *nodes(1, first=9, market=Market.SPOT)])
    driver.launch(REF, nodes(1, first=20, instance_type="g5.xlarge"))
    driver.launch(REF, nodes(1, first=30))
    driver.terminate(REF, [f"{REF.handle}-30"])
    world.vcpu_quotas["L-1216C47A"] = float(limit)
    answer = check(HEAD, WORKERS)[STANDARD]
    assert answer.outcome is outcome
    assert not answer.is_certain
    assert f"4 of {limit} vCPUs" in answer.sentence
    assert ("L-1216C47A" in answer.way_out) is (outcome is not Outcome.PASS)


def test_a_quota_that_was_never_changed_is_awss_default(check: Checks, world: World) -> None:
    del world.vcpu_quotas["L-1216C47A"]
    answer = check(HEAD)[STANDARD]
    assert "of 5 vCPUs" in answer.sentence
    assert '"is_aws_default": true' in answer.raw


def test_each_market_has_its_quota_and_an_unknown_one_is_said(check: Checks, world: World) -> None:
    world.types["mac2.metal"] = world.types["m5.large"] | {"InstanceType": "mac2.metal"}
    unknown = workers(name="mac", types=["mac2.metal"])
    answers = check(HEAD, workers(market=Market.SPOT), unknown)
    assert {STANDARD, "quota:L-34B43A08"} <= answers.keys()
    assert answers["quota:mac2.metal:on_demand"].outcome is Outcome.SKIPPED


@pytest.mark.parametrize(
    ("offered", "zones", "outcome", "is_certain"),
    [
        ({"us-east-1a"}, ["us-east-1a"], Outcome.PASS, False),
        ({"us-east-1a"}, ["us-east-1a", "us-east-1b"], Outcome.WARN, False),
        ({"us-east-1a"}, ["us-east-1b"], Outcome.FAIL, True),
        ({"us-east-1a"}, [], Outcome.PASS, False),
        (set(), [], Outcome.FAIL, True),
        ({"us-east-1b"}, ["use1-az2"], Outcome.PASS, False),
    ],
)
def test_types_are_looked_for_in_the_zones(
    check: Checks, world: World, offered: set[str], zones: list[str], outcome: Outcome,
    is_certain: bool,
) -> None:  # fmt: skip
    world.offered["m5.large"] = offered
    answer = check(workers(zones=zones))["offered:m5.large"]
    assert (answer.outcome, answer.is_certain) == (outcome, is_certain)
    assert bool(answer.way_out) is (outcome is not Outcome.PASS)


@pytest.mark.parametrize(
    ("types", "score", "outcome"),
    [
        (["m5.large"], 9, Outcome.SKIPPED),
        (["m5.large", "m5.2xlarge", "g5.xlarge"], 3, Outcome.WARN),
        (["m5.large", "m5.2xlarge", "g5.xlarge"], 4, Outcome.PASS),
    ],
)
def test_scores_of_spot_count_for_three_types(
    check: Checks, world: World, types: list[str], score: int, outcome: Outcome
) -> None:
    world.scores = dict.fromkeys(SUBNETS, 1) | {"us-east-1b": score}
    answer = check(workers(types=types, market=Market.SPOT))["spot:workers"]
    assert answer.outcome is outcome
    [asked] = world.called("GetSpotPlacementScores")
    assert (asked["TargetCapacity"], asked["SingleAvailabilityZone"]) == (10, True)
    if len(types) == 3:
        assert f"{score} of 10 in use1-az2" in answer.sentence


@pytest.mark.parametrize(
    ("free", "outcome"), [(11, Outcome.PASS), (10, Outcome.WARN), (2, Outcome.FAIL)]
)
def test_addresses_of_all_subnets_are_compared_with_all_nodes(
    check: Checks, world: World, free: int, outcome: Outcome
) -> None:
    for subnet in world.subnets.values():
        subnet.free = 0
    world.subnets[SUBNETS["us-east-1b"]].free = free
    answer = check(HEAD, WORKERS, subnets=SUBNETS)["addresses"]
    assert (answer.outcome, answer.is_certain) == (outcome, False)
    assert f"{free} addresses are free" in answer.sentence


def test_nodes_in_the_place_of_spot_nodes_take_their_addresses_and_a_quota_of_their_own(
    check: Checks, world: World
) -> None:
    for subnet in world.subnets.values():
        subnet.free = 0
    world.subnets[SUBNETS["us-east-1b"]].free = 11
    spot = workers(market=Market.SPOT, least=2, most=10)
    instead = workers(name="workers (on-demand)", least=0, most=10, instead_of="workers")
    answers = check(HEAD, spot, instead, subnets=SUBNETS)
    assert answers["addresses"].outcome is Outcome.PASS
    assert "3 at the start and 11 at most" in answers["addresses"].sentence
    assert "need 22 at most" in answers["quota:L-1216C47A"].sentence  # the head's and these


def test_efa_takes_an_address_for_each_interface(check: Checks, world: World) -> None:
    group = workers(types=["p4d.24xlarge"], flags={"efa_config": {}}, least=1, most=1)
    assert "the nodes need 4 at the start" in check(group)["addresses"].sentence


def test_a_subnet_of_the_raw_configuration_is_looked_at_alone(check: Checks, world: World) -> None:
    world.subnets["subnet-00000009"] = Subnet(id="subnet-00000009", zone="us-east-1a", free=1)
    answer = check(HEAD, workers(raw={"SubnetId": "subnet-00000009"}))["addresses"]
    assert answer.outcome is Outcome.FAIL
    assert "1 addresses are free in subnet-00000009" in answer.sentence


def test_a_subnet_that_is_gone_is_a_certain_failure(check: Checks) -> None:
    answer = check(subnets={"us-east-1a": "subnet-0000dead"})["addresses"]
    assert (answer.outcome, answer.is_certain) == (Outcome.FAIL, True)


def test_a_region_without_default_subnets_needs_some(check: Checks, world: World) -> None:
    world.subnets.clear()
    answer = check()["addresses"]
    assert (answer.outcome, answer.is_certain) == (Outcome.FAIL, True)
    assert "Add a subnet" in answer.way_out
