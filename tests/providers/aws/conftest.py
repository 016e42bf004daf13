"""An account of AWS on this machine, and drivers that ask it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from domain.lifecycle import NodeRole
from domain.offerings import Market, ProviderKind
from mobula.demo_cloud.aws import cloud as doubles
from mobula.demo_cloud.aws.world import World
from providers.aws.account import read_account
from providers.aws.driver import AwsDriver
from providers.base import Account, AgentAccess, ClusterRef, NodeSpec, RayImage

KEYS = {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "hunter2"}
CLUSTER = ClusterRef(
    cluster_id="7",
    handle="c4f1a9e2",
    name="demo",
    region="us-east-1",
    image=RayImage(location="registry/ray", ray_version="2.60.0", python_version="3.13"),
    agent=AgentAccess(
        url="https://mobula.example.org", cluster_id="7", run=1, token="agent-canary"
    ),
)
JOIN_TOKEN = "ab" * 32
type Open = Callable[..., AwsDriver]


@pytest.fixture
def world() -> World:
    """What is in the account; its clock stands still unless a test moves it."""
    now = [1_800_000_000.0]
    world = World(clock=lambda: now[0])
    world.now = now  # type: ignore[attr-defined]
    return world


@pytest.fixture
def cloud(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[doubles.Cloud]:
    """The account, running; nothing of this machine's own AWS settings is seen."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr("providers.aws.calls.FIRST_PAUSE_SECONDS", 0.001)
    with doubles.running(world) as running:
        yield running


@pytest.fixture
def open_aws(cloud: doubles.Cloud, tmp_path: Path) -> Open:
    """Open a driver of the account, with settings and credentials, and lists as old as told."""

    def opened(
        credentials: dict[str, str] | None = None, *, max_age: float = 0, **more: Any
    ) -> AwsDriver:
        settings, options = {"endpoint": cloud.url}, {}
        for key, value in more.items():
            (options if key in {"user_data", "answers"} else settings)[key] = value
        account = Account(
            kind=ProviderKind.AWS,
            id="1",
            home=tmp_path,
            region="us-east-1",
            settings=settings,
            credentials=KEYS if credentials is None else credentials,
        )
        return AwsDriver(read_account(account), root=tmp_path, max_age=max_age, **options)

    return opened


@pytest.fixture
def driver(open_aws: Open) -> AwsDriver:
    """A driver whose cluster is prepared."""
    driver = open_aws()
    driver.prepare(CLUSTER)
    return driver


def head(**more: Any) -> NodeSpec:
    """The head."""
    return NodeSpec(
        **{
            "name": f"{CLUSTER.handle}-1", "role": NodeRole.HEAD, "group": "head",
            "instance_type": "m5.large", "resources": {}, "join_token": JOIN_TOKEN,
        } | more
    )  # fmt: skip


def workers(count: int, *, first: int = 2, **more: Any) -> list[NodeSpec]:
    """So many workers of one batch."""
    return [
        NodeSpec(
            **{
                "name": f"{CLUSTER.handle}-{first + index}",
                "role": NodeRole.WORKER,
                "group": "workers",
                "instance_type": "m5.large",
                "zone": "us-east-1a",
                "market": Market.ON_DEMAND,
                "resources": {"CPU": 2},
                "batch": f"{CLUSTER.handle}-{first}",
                "batch_index": index,
                "batch_size": count,
                "join_token": JOIN_TOKEN,
            }
            | more
        )
        for index in range(count)
    ]


def names(nodes: Sequence[Any]) -> list[str]:
    """The names of nodes, in order."""
    return [node.name for node in nodes]


def advance(world: World, seconds: float) -> None:
    """Move the account's clock."""
    world.now[0] += seconds  # type: ignore[attr-defined]
