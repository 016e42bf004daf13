"""What exists in the double's account, and what tests arrange in it. Times are epoch seconds."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from mobula.demo_cloud.aws.protocol import Plain, Refused

ACCOUNT = "123456789012"
VPC = "vpc-00000001"
SUBNETS = {
    "us-east-1a": "subnet-0000001a", "us-east-1b": "subnet-0000001b",
    "us-east-1c": "subnet-0000001c",
}  # fmt: skip
ZONES = tuple(SUBNETS)
type Pool = tuple[str, str, str]
"""Instance type, zone, market ("on-demand" or "spot")."""


@dataclass(kw_only=True)
class Instance:
    """One machine."""

    id: str
    reservation: str
    index: int
    asked: Plain  # the parameters of its RunInstances
    zone: str
    subnet: str
    address: str
    groups: list[str]
    launched_at: float
    token: str = ""
    ended_at: float | None = None  # when its end was asked for
    reason: tuple[str, str] | None = None  # code and message
    tags: dict[str, str] = field(default_factory=dict)
    stopped: bool = False  # by a person
    protected: bool = False

    @property
    def type(self) -> str:
        """The instance type."""
        return str(self.asked["InstanceType"])

    @property
    def market(self) -> str:
        """How it is bought."""
        return market_of(self.asked)


@dataclass(kw_only=True)
class SecurityGroup:
    """A security group with its rules as they were asked for."""

    id: str
    name: str
    vpc: str
    description: str
    tags: dict[str, str]
    ingress: list[Plain] = field(default_factory=list)
    egress: list[Plain] = field(default_factory=list)


@dataclass(kw_only=True)
class PlacementGroup:
    """A placement group."""

    name: str
    strategy: str
    tags: dict[str, str]


@dataclass(kw_only=True)
class Subnet:
    """A subnet, with the addresses that are left in it."""

    id: str
    zone: str
    vpc: str = VPC
    default: bool = True
    free: int = 4000


@dataclass(kw_only=True)
class Volume:
    """A volume; `instance` is the one that it was made for, or ""."""

    id: str
    size: int  # GiB
    type: str = "gp3"
    zone: str = ZONES[0]
    created_at: float = 0
    instance: str = ""
    stays: bool = False  # when its instance ends
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(kw_only=True)
class Interface:
    """A network interface; `instance` is the one that it was made for, or ""."""

    id: str
    zone: str = ZONES[0]
    subnet: str = SUBNETS[ZONES[0]]
    groups: list[str] = field(default_factory=list)
    instance: str = ""
    stays: bool = False  # when its instance ends
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(kw_only=True)
class QueuedMessage:
    """A message of a queue, and until when it is hidden from whoever asks."""

    id: str
    body: str
    receipt: str = ""  # of whom it was handed out to last
    hidden_until: float = 0


@dataclass(kw_only=True)
class Fault:
    """What goes wrong with calls of an action, so many `times`, with each or `every` second one.

    A call that `takes_effect` is carried out, and only its answer is lost or replaced. Without a
    code, the connection is closed before an answer, `after` so many seconds.
    """

    action: str
    code: str = ""
    message: str = "It happened."
    status: int = 503
    takes_effect: bool = False
    after: float = 0
    times: int = 1
    every: int = 1
    seen: int = 0

    def strikes(self, action: str) -> bool:
        """Return whether this call goes wrong; what happened is counted off."""
        if self.action not in {action, "*"} or self.times == 0:
            return False
        self.seen += 1
        if self.seen % self.every:
            return False
        self.times -= 1
        return True


@dataclass(kw_only=True)
class World:
    """All that the double remembers; the server calls it one request at a time."""

    clock: Callable[[], float] = time.time
    boot_seconds: float = 0
    stop_seconds: float = 0
    shown_seconds: float = 3600  # how long terminated machines are listed
    lag: float = 0  # how long a new machine is not listed
    latency: float = 0  # of each answer
    release_seconds: float = 0  # how long a security group stays in use after its last machine
    page_size: int = 1000
    instances: dict[str, Instance] = field(default_factory=dict)
    groups: dict[str, SecurityGroup] = field(default_factory=dict)
    placements: dict[str, PlacementGroup] = field(default_factory=dict)
    volumes: dict[str, Volume] = field(default_factory=dict)
    interfaces: dict[str, Interface] = field(default_factory=dict)
    queues: dict[str, dict[str, QueuedMessage]] = field(default_factory=dict)  # by name
    queue_policies: dict[str, str] = field(default_factory=dict)  # by the queue's name
    subnets: dict[str, Subnet] = field(default_factory=dict)
    images: dict[str, Plain] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)  # of SSM
    types: dict[str, Plain] = field(default_factory=dict)
    prices: dict[str, str] = field(default_factory=dict)  # dollars an hour by type
    capacity: dict[Pool, int] = field(default_factory=dict)  # what is left; missing: plenty
    quotas: dict[str, int] = field(default_factory=dict)  # vCPUs by market; missing: plenty
    key_pairs: set[str] = field(default_factory=set)
    roles: dict[str, str] = field(default_factory=dict)  # external ids by ARN
    refused_keys: set[str] = field(default_factory=set)  # access keys that are not known
    denied: set[str] = field(default_factory=set)  # rights, such as ec2:RunInstances
    explicitly_denied: set[str] = field(default_factory=set)  # of those, by a policy
    plain_refusals: bool = True  # in words, besides the encoded message
    vcpu_quotas: dict[str, float] = field(default_factory=dict)  # by Service Quotas' codes
    profiles: dict[str, list[str]] = field(default_factory=dict)  # roles by instance profile
    scores: dict[str, int] = field(default_factory=dict)  # of spot placement, by zone
    repositories: dict[str, set[str]] = field(default_factory=dict)  # tags by repository of ECR
    offered: dict[str, set[str]] = field(default_factory=dict)  # zones by type; missing: all
    session_seconds: float = 3600
    faults: list[Fault] = field(default_factory=list)
    calls: list[tuple[str, Plain]] = field(default_factory=list)
    rights: set[str] = field(default_factory=set)  # those that calls needed
    tokens: dict[str, tuple[Plain, str]] = field(default_factory=dict)  # parameters, reservation
    sessions: dict[str, float] = field(default_factory=dict)  # access keys until when
    acting: dict[str, str] = field(default_factory=dict)  # roles by the access keys of sessions
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        for zone, name in SUBNETS.items():
            self.subnets[name] = Subnet(id=name, zone=zone)

    def number(self) -> int:
        """Return a number that was never returned before."""
        return next(self._numbers)

    def called(self, action: str) -> list[Plain]:
        """Return the parameters of all calls of an action, in order."""
        return [parameters for name, parameters in self.calls if name == action]

    def count(self) -> Counter[str]:
        """Return how often each action was called."""
        return Counter(name for name, _ in self.calls)

    def fail(self, action: str, code: str = "", **more: Any) -> None:
        """Let the next call of an action go wrong."""
        self.faults.append(Fault(action=action, code=code, **more))

    def state(self, machine: Instance) -> str:
        """Return the state of a machine as of the clock."""
        now = self.clock()
        if machine.ended_at is not None:
            return "terminated" if now >= machine.ended_at + self.stop_seconds else "shutting-down"
        if machine.stopped:
            return "stopped"
        return "running" if now >= machine.launched_at + self.boot_seconds else "pending"

    def alive(self) -> list[Instance]:
        """Return the machines that cost money or soon will."""
        return [one for one in self.instances.values() if one.ended_at is None]

    def end(self, machine: Instance, code: str, message: str) -> None:
        """Let a machine end for a reason."""
        if machine.ended_at is None:
            machine.ended_at = self.clock()
            machine.reason = (code, f"{code}: {message}")
            pool = (machine.type, machine.zone, machine.market)
            if pool in self.capacity:
                self.capacity[pool] += 1

    def send(self, queue: str, body: str) -> None:
        """Put a message into a queue, which is made if it is not there."""
        message = QueuedMessage(id=f"m-{self.number()}", body=body)
        self.queues.setdefault(queue, {})[message.id] = message

    def interrupt(self, instance_id: str) -> None:
        """Take a spot machine back."""
        words = "Spot instance termination"
        self.end(self.instances[instance_id], "Server.SpotInstanceTermination", words)


def zone_id(zone: str) -> str:
    """Return the id that a zone has in all accounts."""
    return f"use1-az{ord(zone[-1]) - ord('a') + 1}"


def market_of(parameters: Plain) -> str:
    """Return how the machines of a RunInstances are bought."""
    return str(parameters.get("InstanceMarketOptions", {}).get("MarketType", "on-demand"))


def tag_rows(tags: dict[str, str]) -> list[Plain]:
    """Return tags as AWS lists them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tags_for(parameters: Plain, resource: str) -> dict[str, str]:
    """Return the tags that a request gives to a kind of resource."""
    rows = parameters.get("TagSpecifications", ())
    found = [row.get("Tags", ()) for row in rows if row.get("ResourceType") == resource]
    return {tag["Key"]: tag.get("Value", "") for tags in found for tag in tags}


def matches(filters: list[Plain], facts: dict[str, str], tags: dict[str, str]) -> bool:
    """Return whether something passes all filters; raise Refused for one that is not known."""
    for one in filters:
        name, values = one["Name"], one.get("Values", [])
        if name.startswith("tag:"):
            found = tags.get(name.removeprefix("tag:"))
        elif name == "tag-key":
            if not tags.keys() & set(values):
                return False
            continue
        elif name in facts:
            found = facts[name]
        else:
            raise Refused("InvalidParameterValue", f"The filter '{name}' is invalid")
        if found not in values:
            return False
    return True
