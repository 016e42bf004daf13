"""A template, a cloud that is only on paper, and a cluster of alice's on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from providers.fake.driver import FakeDriver
from tests.cast import make_cloud
from tests.clusters.head import Head

if TYPE_CHECKING:
    from accounts.models import Team, User
    from clusters.models import Cluster
    from configurations.models import Version
    from images.models import ImageVersion
    from tests.clusters.busy_head import BusyHead

TEXT = """\
cloud: paper
head_node:
  instance_type: small
worker_nodes:
  - name: cpu
    instance_type: small
    max_nodes: 4
mobula:
  idle_minutes: 30
  worker_idle_seconds: 60
"""


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> FakeDriver:
    """The driver behind every cloud of the test."""
    fake = FakeDriver()
    monkeypatch.setattr("providers.registry.open_driver", lambda _account: fake)
    return fake


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the clusters that a worker was told about."""
    found: list[str] = []
    monkeypatch.setattr(
        "clusters.services.waking._tell", lambda cluster_id, **_: found.append(cluster_id)
    )
    return found


@pytest.fixture
def image(db: None) -> ImageVersion:
    """A Ray that has token authentication."""
    from images.bootstrap import register

    return register("ray", ray_version="2.60.0", location="/opt/ray/bin/ray")


@pytest.fixture
def version(alice: User, research: Team, image: ImageVersion) -> Version:
    """alice's template `train`, version 1: a head and up to four workers."""
    from configurations.services.templates import create_template

    make_cloud("paper", provider="fake")
    return create_template(team=research, name="train", text=TEXT, message="First.", by=alice)


@pytest.fixture
def launch(
    version: Version, alice: User, driver: FakeDriver, queued: list[str]
) -> Callable[..., Cluster]:
    """Launch a cluster of this name from alice's template, or from another version."""
    from clusters.services.launching import launch_cluster

    def launched(name: str = "one", *, of: Version = version) -> Cluster:
        return launch_cluster(name=name, version=of, by=alice)

    return launched


@pytest.fixture
def cluster(launch: Callable[..., Cluster]) -> Cluster:
    """alice's cluster `one`, as the launch button leaves it."""
    return launch()


@pytest.fixture
def head(cluster: Cluster) -> Head:
    """The cluster up and running, with the agent on its head."""
    head = Head(cluster)
    head.pass_by()
    head.report()
    head.pass_by()
    assert head.state == "running"
    return head


@pytest.fixture
def with_strategies(
    launch: Callable[..., Cluster], version: Version, research: Team, alice: User
) -> Cluster:
    """alice's running cluster with a schedule, a forecast and a rule."""
    from configurations.services.templates import create_template
    from tests.clusters.with_strategies import SCALING, running

    made = create_template(
        team=research, name="scaled", text=TEXT.rstrip() + SCALING, message="First.", by=alice
    )
    return running(launch("scaled", of=made))


@pytest.fixture
def started(
    launch: Callable[..., Cluster], research: Team, alice: User, queued: list[str]
) -> Callable[..., BusyHead]:
    """Start a cluster whose block `mobula` goes on with these lines."""
    from configurations.services.templates import create_template
    from tests.clusters.busy_head import BusyHead

    def start(more: str, *, text: str = TEXT) -> BusyHead:
        version = create_template(
            team=research, name="other", text=text + more, message="First.", by=alice
        )
        head = BusyHead(launch("two", of=version))
        head.pass_by()
        head.report()
        head.pass_by()
        assert head.state == "running"
        return head

    return start


@pytest.fixture
def acting(started: Callable[..., BusyHead]) -> BusyHead:
    """A head whose worker group may act on consolidation."""
    return started("  groups: {cpu: {consolidation: act}}\n")
