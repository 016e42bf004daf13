"""What carries this installation's tag is listed and can be removed; nothing else is touched."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from domain.offerings import Market
from domain.orphans import ResourceKind
from mobula.demo_cloud.aws.world import Interface, SecurityGroup, Volume, World
from providers.aws import tags
from providers.aws.driver import AwsDriver
from providers.base import BadCredentials, InvalidRequest, Throttled, Unreachable
from providers.inventory import NotOwned, OwnedInventory, OwnedResource
from tests.providers.aws.conftest import CLUSTER, Open, advance, head, names, workers

K = ResourceKind
OURS = {tags.INSTALLATION: "default", tags.CLUSTER: CLUSTER.handle}
REMOVALS = {
    K.INSTANCE: "TerminateInstances", K.VOLUME: "DeleteVolume",
    K.NETWORK_INTERFACE: "DeleteNetworkInterface", K.SECURITY_GROUP: "DeleteSecurityGroup",
    K.PLACEMENT_GROUP: "DeletePlacementGroup",
}  # fmt: skip


@pytest.fixture
def filled(driver: AwsDriver, world: World) -> AwsDriver:
    """One resource of each kind that nothing else uses, with our tag."""
    driver.launch(CLUSTER, [head()])
    world.volumes["vol-0000000a"] = Volume(id="vol-0000000a", size=50, tags=dict(OURS))
    world.interfaces["eni-0000000a"] = Interface(id="eni-0000000a", tags=dict(OURS))
    group = SecurityGroup(id="sg-0000000a", name="left", vpc="v", description="", tags=dict(OURS))
    world.groups[group.id] = group
    efa = workers(1, instance_type="p4d.24xlarge", flags={"efa_config": {}})
    driver.launch(CLUSTER, efa)
    driver.terminate(CLUSTER, names(efa))
    return driver


def found(driver: AwsDriver, kind: ResourceKind) -> list[OwnedResource]:
    return [one for one in driver.resources() if one.kind is kind]


def alone(driver: AwsDriver, kind: ResourceKind) -> OwnedResource:
    """The one that nothing uses."""
    used = {K.SECURITY_GROUP: "sg-0000000a"}.get(kind)
    return next(
        one for one in found(driver, kind) if not one.attached_to and used in {None, one.id}
    )


def test_a_driver_of_aws_has_an_inventory(driver: AwsDriver) -> None:
    assert isinstance(driver, OwnedInventory)


def test_every_kind_is_listed(filled: AwsDriver, world: World) -> None:
    world.page_size = 1
    machine = alone(filled, K.INSTANCE)
    assert (machine.node, machine.handle) == (head().name, CLUSTER.handle)
    assert (machine.instance_type, machine.market) == ("m5.large", Market.ON_DEMAND)
    assert machine.created_at is not None
    assert machine.created_at.timestamp() == world.clock()
    own, left = sorted(found(filled, K.VOLUME), key=lambda one: one.size_gib)
    assert (own.attached_to, own.size_gib) == (machine.id, 8)
    assert (left.id, left.size_gib, left.storage_type) == ("vol-0000000a", 50, "gp3")
    assert {one.attached_to for one in found(filled, K.NETWORK_INTERFACE)} == {"", machine.id}
    assert len(found(filled, K.SECURITY_GROUP)) == 2
    [group] = found(filled, K.PLACEMENT_GROUP)
    assert group.handle == CLUSTER.handle


def test_a_terminated_instance_is_gone_though_ec2_lists_it(driver: AwsDriver, world: World) -> None:
    world.stop_seconds = 30
    driver.launch(CLUSTER, [head()])
    [machine] = found(driver, K.INSTANCE)
    driver.remove_resource(K.INSTANCE, machine.id)
    ending = driver.resource(K.INSTANCE, machine.id)
    assert ending is not None
    assert ending.state == "shutting-down"
    advance(world, 31)
    assert driver.resource(K.INSTANCE, machine.id) is None
    assert found(driver, K.INSTANCE) == []


@pytest.mark.parametrize("kind", list(ResourceKind))
def test_each_kind_is_removed_and_removed_again(
    filled: AwsDriver, world: World, kind: ResourceKind
) -> None:
    one = alone(filled, kind)
    filled.remove_resource(kind, one.id)
    assert filled.resource(kind, one.id) is None
    filled.remove_resource(kind, one.id)
    assert one.id not in {left.id for left in filled.resources()}
    assert world.count()[REMOVALS[kind]] == (2 if kind is K.INSTANCE else 1)


@pytest.mark.parametrize("kind", list(ResourceKind))
@pytest.mark.parametrize("tag", ["another", None], ids=["another installation", "no tag"])
def test_what_is_not_ours_is_never_touched(
    filled: AwsDriver, world: World, kind: ResourceKind, tag: str | None
) -> None:
    """The tag is read again for each removal: what was listed as ours may not be any more."""
    one = alone(filled, kind)
    holder = {
        K.INSTANCE: world.instances, K.VOLUME: world.volumes,
        K.NETWORK_INTERFACE: world.interfaces, K.SECURITY_GROUP: world.groups,
        K.PLACEMENT_GROUP: world.placements,
    }[kind][one.id]  # type: ignore[index]  # fmt: skip
    if tag:
        holder.tags[tags.INSTALLATION] = tag
    else:
        del holder.tags[tags.INSTALLATION]
    world.calls.clear()
    with pytest.raises(NotOwned, match=one.id):
        filled.remove_resource(kind, one.id)
    with pytest.raises(NotOwned):
        filled.resource(kind, one.id)
    assert world.count()[REMOVALS[kind]] == 0
    assert one.id not in {left.id for left in filled.resources()}


def test_two_installations_in_one_account_see_their_own(open_aws: Open, world: World) -> None:
    world.volumes["vol-1"] = Volume(id="vol-1", size=8, tags={tags.INSTALLATION: "a"})
    world.volumes["vol-2"] = Volume(id="vol-2", size=8, tags={tags.INSTALLATION: "b"})
    seen = {}
    for name in ("a", "b"):
        driver = open_aws()
        object.__setattr__(driver._inventory, "installation", name)
        seen[name] = [one.id for one in driver.resources()]
    assert seen == {"a": ["vol-1"], "b": ["vol-2"]}


@pytest.mark.parametrize("kind", [K.VOLUME, K.NETWORK_INTERFACE])
def test_what_an_instance_has_waits_for_its_end(
    driver: AwsDriver, world: World, kind: ResourceKind
) -> None:
    driver.launch(CLUSTER, [head()])
    [one] = found(driver, kind)
    with pytest.raises(Throttled, match=one.attached_to):
        driver.remove_resource(kind, one.id)
    assert world.count()[REMOVALS[kind]] == 0


def test_a_security_group_in_use_waits(driver: AwsDriver) -> None:
    driver.launch(CLUSTER, [head()])
    [group] = found(driver, K.SECURITY_GROUP)
    with pytest.raises(Throttled, match="still uses it"):
        driver.remove_resource(K.SECURITY_GROUP, group.id)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("VolumeInUse", Throttled),
        ("UnauthorizedOperation", BadCredentials),
        ("InternalError", Unreachable),
        ("OperationNotPermitted", InvalidRequest),
    ],
)
def test_a_refusal_is_told(
    filled: AwsDriver, world: World, code: str, error: type[Exception]
) -> None:
    world.fail("DeleteVolume", code, times=9)
    with pytest.raises(error):
        filled.remove_resource(K.VOLUME, "vol-0000000a")
    assert filled.resource(K.VOLUME, "vol-0000000a") is not None


@pytest.mark.parametrize("takes_effect", [True, False])
def test_a_lost_answer_is_asked_for_again(
    filled: AwsDriver, world: World, takes_effect: bool
) -> None:
    world.fail("DeleteVolume", takes_effect=takes_effect)
    filled.remove_resource(K.VOLUME, "vol-0000000a")
    assert filled.resource(K.VOLUME, "vol-0000000a") is None


def test_a_list_that_fails_is_no_empty_list(filled: AwsDriver, world: World) -> None:
    world.fail("DescribeVolumes", "UnauthorizedOperation", status=403)
    with pytest.raises(BadCredentials):
        filled.resources()


def test_what_went_between_the_look_and_the_removal_is_no_error(
    filled: AwsDriver, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    look: Callable[..., OwnedResource | None] = type(filled._inventory).one

    def one_then_gone(self: object, kind: ResourceKind, name: str) -> OwnedResource | None:
        seen = look(self, kind, name)
        world.volumes.pop(name, None)
        return seen

    monkeypatch.setattr(type(filled._inventory), "one", one_then_gone)
    filled.remove_resource(K.VOLUME, "vol-0000000a")
    assert world.count()["DeleteVolume"] == 1
