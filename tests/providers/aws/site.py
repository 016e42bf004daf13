"""The double of AWS as a place where the drivers' promises are tested."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

from domain.offerings import ProviderKind
from mobula.demo_cloud.aws import cloud
from mobula.demo_cloud.aws.world import World
from providers.aws.account import AwsAccount, read_account
from providers.aws.driver import AwsDriver
from providers.aws.machines.user_data import ray_node
from providers.aws.tags import BATCH, CLUSTER, name_of
from providers.base import Account, AgentAccess, ClusterRef, NodeSpec, RayImage

IMAGE = RayImage(location="registry/ray:2.60", ray_version="2.60.0", python_version="3.13")
AGENT = AgentAccess(url="https://mobula.example.org", cluster_id="7", run=1, token="")
_RUNNING: dict[str, tuple[ExitStack, cloud.Cloud]] = {}


def start() -> str:
    """Start an account of its own; return its address."""
    stack = ExitStack()
    # Pages are short, so that every list has several.
    started = stack.enter_context(cloud.running(World(page_size=2)))
    _RUNNING[started.url] = stack, started
    return started.url


def stop(url: str) -> None:
    """End an account that was started here."""
    stack, _ = _RUNNING.pop(url)
    stack.close()


def open_aws_driver(url: str, path: Path) -> AwsDriver:
    """Return a driver that asks the account at this address, and lists anew each time."""
    account = Account(
        kind=ProviderKind.AWS,
        id="1",
        home=path,
        region="us-east-1",
        settings={"endpoint": url},
        credentials={"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "secret"},
    )
    own = read_account(account)
    return AwsDriver(own, root=path, max_age=0, user_data=partial(_user_data, account=own))


def _user_data(cluster: ClusterRef, node: NodeSpec, *, account: AwsAccount) -> str:
    """Return what machines boot; the promises of all drivers are tested without tokens."""
    node = replace(node, join_token="ab" * 32)
    return ray_node(replace(cluster, agent=AGENT), node, account=account)


def starts(url: str, handle: str) -> list[str]:
    """Return the names of all machines that a cluster ever had."""
    _, running = _RUNNING[url]
    return [
        name_of(one.tags[BATCH], one.index)
        for one in running.world.instances.values()
        if one.tags.get(CLUSTER) == handle
    ]
