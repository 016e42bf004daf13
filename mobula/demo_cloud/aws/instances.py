"""RunInstances, DescribeInstances and TerminateInstances."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from mobula.demo_cloud.aws.attached import attach
from mobula.demo_cloud.aws.launch_checks import check_launch, groups_of
from mobula.demo_cloud.aws.protocol import Plain, Refused
from mobula.demo_cloud.aws.world import (
    ACCOUNT,
    Instance,
    World,
    market_of,
    matches,
    tag_rows,
    tags_for,
)

CODES = {
    "pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64,
    "stopped": 80,
}  # fmt: skip
MOST_PAGE = 1000


def run_instances(world: World, asked: Plain) -> Plain:
    """Start as many machines as there are, at least MinCount, or those of an earlier call."""
    token = asked.get("ClientToken", "")
    check_launch(world, asked)
    if token in world.tokens:
        before, reservation = world.tokens[token]
        if before != asked:
            raise Refused(
                "IdempotentParameterMismatch",
                "Arguments on this idempotent request are inconsistent with arguments used in "
                "previous request(s).",
            )
        return _reservation(world, reservation)
    if asked.get("DryRun"):
        raise Refused("DryRunOperation", "Request would have succeeded.", status=412)
    subnet = _subnet(world, asked)
    count = _count(world, asked, zone=world.subnets[subnet].zone)
    reservation = f"r-{world.number():08x}"
    for index in range(count):
        _start(world, asked, reservation=reservation, index=index, subnet=subnet)
    if token:
        world.tokens[token] = (asked, reservation)
    return _reservation(world, reservation)


def describe_instances(world: World, asked: Plain) -> Plain:
    """List machines, a page at a time; new ones only when the list has caught up."""
    filters, ids = asked.get("Filters", []), asked.get("InstanceIds", [])
    for name in ids:
        if name not in world.instances:
            raise Refused("InvalidInstanceID.NotFound", f"The instance ID '{name}' does not exist")
    limit = min(asked.get("MaxResults", world.page_size), world.page_size)
    if not 1 <= limit <= MOST_PAGE:
        raise Refused("InvalidParameterValue", f"Value ({limit}) for MaxResults is invalid.")
    found = [
        one
        for one in world.instances.values()
        if (not ids or one.id in ids)
        and _is_listed(world, one)
        and matches(filters, _facts(world, one), one.tags)
    ]
    start = int(asked.get("NextToken") or 0)
    page = found[start : start + limit]
    more = {"NextToken": str(start + limit)} if start + limit < len(found) else {}
    reservations: dict[str, list[Instance]] = {}
    for one in page:
        reservations.setdefault(one.reservation, []).append(one)
    rows = [_row(world, name, those) for name, those in reservations.items()]
    return {"Reservations": rows, **more}


def terminate_instances(world: World, asked: Plain) -> Plain:
    """End machines: all of them, or none where one is not known."""
    ids = asked["InstanceIds"]
    unknown = [name for name in ids if name not in world.instances]
    if unknown:
        words = f"The instance IDs '{', '.join(unknown)}' do not exist"
        raise Refused("InvalidInstanceID.NotFound", words)
    for name in ids:
        if world.instances[name].protected:
            words = f"The instance '{name}' may not be terminated. Modify its attribute first."
            raise Refused("OperationNotPermitted", words)
    before = {name: world.state(world.instances[name]) for name in ids}
    for name in ids:
        world.end(world.instances[name], "Client.UserInitiatedShutdown", "User initiated shutdown")
    changes = [
        {
            "InstanceId": name,
            "CurrentState": _state(world.state(world.instances[name])),
            "PreviousState": _state(before[name]),
        }
        for name in ids
    ]
    return {"TerminatingInstances": changes}


def _subnet(world: World, asked: Plain) -> str:
    interfaces = asked.get("NetworkInterfaces") or [{}]
    name: str = asked.get("SubnetId") or interfaces[0].get("SubnetId", "")
    zone = asked.get("Placement", {}).get("AvailabilityZone")
    if not name:
        fitting = [
            one for one in world.subnets.values() if one.default and zone in {None, one.zone}
        ]
        if not fitting:
            raise Refused("InvalidParameterValue", f"Invalid availability zone: [{zone}]")
        # Where nothing is named, EC2 chooses a zone; of those with as much, the first.
        name = max(fitting, key=lambda one: _left(world, asked, zone=one.zone)).id
    if name not in world.subnets:
        raise Refused("InvalidSubnetID.NotFound", f"The subnet ID '{name}' does not exist")
    if zone and world.subnets[name].zone != zone:
        raise Refused("InvalidParameterValue", "The subnet is not in the requested zone")
    return name


def _count(world: World, asked: Plain, *, zone: str) -> int:
    """Return how many machines there are for a request."""
    market, name, least = market_of(asked), asked["InstanceType"], asked["MinCount"]
    vcpus = world.types[name]["VCpuInfo"]["DefaultVCpus"]
    if market in world.quotas:
        used = sum(
            world.types[one.type]["VCpuInfo"]["DefaultVCpus"]
            for one in world.alive()
            if one.market == market
        )
        by_quota = (world.quotas[market] - used) // vcpus
        if by_quota < least:
            code = "MaxSpotInstanceCountExceeded" if market == "spot" else "VcpuLimitExceeded"
            raise Refused(
                code, f"You have requested more vCPU capacity than {world.quotas[market]}."
            )
    else:
        by_quota = asked["MaxCount"]
    subnet = world.subnets[_subnet(world, asked)]
    if subnet.free < least:
        words = f"There are not enough free addresses in subnet '{subnet.id}'."
        raise Refused("InsufficientFreeAddressesInSubnet", words)
    left = _left(world, asked, zone=zone)
    if left < least:
        words = (
            f"We currently do not have sufficient {name} capacity in the Availability Zone you "
            f"requested ({zone})."
        )
        raise Refused("InsufficientInstanceCapacity", words, status=500)
    count: int = min(asked["MaxCount"], left, by_quota, subnet.free)
    if (name, zone, market) in world.capacity:
        world.capacity[name, zone, market] -= count
    return count


def _left(world: World, asked: Plain, *, zone: str) -> int:
    """Return how many of the machines asked for there are in a zone."""
    most: int = asked["MaxCount"]
    return min(world.capacity.get((asked["InstanceType"], zone, market_of(asked)), most), most)


def _start(world: World, asked: Plain, *, reservation: str, index: int, subnet: str) -> None:
    number = world.number()
    machine = Instance(
        id=f"i-{number:017x}",
        reservation=reservation,
        index=index,
        asked=asked,
        zone=world.subnets[subnet].zone,
        subnet=subnet,
        address=f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
        groups=groups_of(asked),
        launched_at=world.clock(),
        token=asked.get("ClientToken", ""),
        tags=tags_for(asked, "instance"),
        protected=bool(asked.get("DisableApiTermination")),
    )
    world.instances[machine.id] = machine
    attach(world, machine)
    world.subnets[subnet].free -= 1


def _is_listed(world: World, machine: Instance) -> bool:
    now = world.clock()
    if machine.ended_at is not None and now - machine.ended_at > world.shown_seconds:
        return False
    return now - machine.launched_at >= world.lag


def _facts(world: World, machine: Instance) -> dict[str, str]:
    return {
        "instance-state-name": world.state(machine),
        "client-token": machine.token,
        "availability-zone": machine.zone,
        "instance-type": machine.type,
        "instance-id": machine.id,
        "subnet-id": machine.subnet,
    }


def _reservation(world: World, reservation: str) -> Plain:
    those = [one for one in world.instances.values() if one.reservation == reservation]
    return _row(world, reservation, those)


def _row(world: World, reservation: str, those: Iterable[Instance]) -> Plain:
    return {
        "ReservationId": reservation,
        "OwnerId": ACCOUNT,
        "Instances": [_instance(world, one) for one in those],
    }


def _state(name: str) -> Plain:
    return {"Code": CODES[name], "Name": name}


def _instance(world: World, machine: Instance) -> Plain:
    state = world.state(machine)
    row: Plain = {
        "InstanceId": machine.id,
        "ImageId": machine.asked["ImageId"],
        "InstanceType": machine.type,
        "State": _state(state),
        "AmiLaunchIndex": machine.index,
        "LaunchTime": datetime.fromtimestamp(machine.launched_at, UTC),
        "Placement": {"AvailabilityZone": machine.zone},
        "SubnetId": machine.subnet,
        "ClientToken": machine.token,
        "SecurityGroups": [
            {"GroupId": name, "GroupName": world.groups[name].name}
            for name in machine.groups
            if name in world.groups
        ],
        "Tags": tag_rows(machine.tags),
    }
    if state != "terminated":  # what has ended has no address
        row["PrivateIpAddress"] = machine.address
    if machine.market == "spot":
        row["InstanceLifecycle"] = "spot"
    if machine.reason:
        row["StateReason"] = {"Code": machine.reason[0], "Message": machine.reason[1]}
        ended = datetime.fromtimestamp(machine.ended_at or 0, UTC)
        row["StateTransitionReason"] = f"User initiated ({ended:%Y-%m-%d %H:%M:%S} GMT)"
    return row
