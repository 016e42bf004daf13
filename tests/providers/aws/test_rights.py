"""The table of rights has every call that the driver makes, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.lifecycle import NodeRole
from domain.offerings import Market
from mobula.demo_cloud.aws.world import SUBNETS, Interface, Volume, World
from providers.aws.rights import FOR_BUILDS, FOR_CHECKS, IMPLIED, RIGHTS
from providers.aws.tags import INSTALLATION
from providers.base import Throttled
from providers.preflight import WantedGroup
from tests.providers.aws.conftest import CLUSTER, KEYS, Open, head, names, workers
from tests.providers.aws.notices.events import QUEUE
from tests.providers.aws.preflight.conftest import HEAD, Checks, check, open_checks

__all__ = ["check", "open_checks"]  # fixtures

ROLE = "arn:aws:iam::123456789012:role/mobula"
DOCS = Path(__file__).parents[3] / "docs" / "aws.md"


def test_every_call_is_a_right_and_every_right_a_call(
    open_aws: Open, world: World, check: Checks
) -> None:
    world.roles[ROLE] = ""
    world.clock = __import__("time").time
    driver = open_aws(
        KEYS | {"role_arn": ROLE},
        subnets=SUBNETS,
        allowed_cidrs=["10.0.0.0/8"],
        interruption_queue=QUEUE,
    )
    driver.verify()
    driver.offerings("us-east-1")
    driver.prepare(CLUSTER)
    efa = workers(2, instance_type="p4d.24xlarge", flags={"efa_config": {}})
    driver.launch(CLUSTER, [head(), *efa, *workers(1, first=9, market=Market.SPOT)])
    driver.observe(CLUSTER)
    with pytest.raises(Throttled):
        driver.destroy(CLUSTER)
    driver.terminate(CLUSTER, names([head(), *efa]))
    driver.destroy(CLUSTER)
    world.volumes["vol-1"] = Volume(id="vol-1", size=8, tags={INSTALLATION: "default"})
    world.interfaces["eni-1"] = Interface(id="eni-1", tags={INSTALLATION: "default"})
    for one in driver.resources():
        driver.remove_resource(one.kind, one.id)
    world.send("mobula", "no event")
    driver.settle_notices([one.receipt for one in driver.receive_notices()])
    assert world.rights == RIGHTS.keys() - IMPLIED - FOR_CHECKS
    world.profiles["ray"], world.repositories["ray"] = ["ray"], {"2"}
    spot = WantedGroup(name="w", role=NodeRole.WORKER, types=["g5.xlarge"], market=Market.SPOT)
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/ray:2"
    check(HEAD, spot, image=image, key_name="ops", head_profile="ray", interruption_queue=QUEUE)
    world.plain_refusals = False
    world.denied.add("ec2:RunInstances")
    check(HEAD)
    assert world.rights == RIGHTS.keys() - IMPLIED


def test_the_documentation_has_every_right() -> None:
    text = DOCS.read_text()
    assert [right for right in [*RIGHTS, *FOR_BUILDS] if f"`{right}`" not in text] == []
