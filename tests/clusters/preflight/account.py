"""An account of AWS on this machine, and a template of alice's that is launched there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from mobula.demo_cloud.aws import cloud as doubles
from mobula.demo_cloud.aws.world import World
from providers.fake.driver import FakeDriver
from tests.cast import make_cloud
from tests.images.rewritten import rewrite_versions

# conftest.py imports this before Django has its settings: models are imported when first used.
if TYPE_CHECKING:
    from accounts.models import Team, User
    from clouds.models import Cloud, CloudCheck
    from configurations.models import Version
    from images.models import ImageVersion

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/ray:2.60"
TEXT = """\
cloud: aws
head_node: {instance_type: m5.large}
worker_nodes:
  - {name: cpu, instance_type: m5.large, max_nodes: 4}
"""


@pytest.fixture
def world() -> World:
    quotas = {"L-1216C47A": 64.0, "L-34B43A08": 64.0}
    return World(vcpu_quotas=quotas, repositories={"ray": {"2.60"}})


@pytest.fixture
def cloud(research: Team, world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """A cloud on AWS that answers."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    with doubles.running(world) as running:
        yield make_cloud(
            "aws", provider="aws", region="us-east-1", team=research,
            settings={"endpoint": running.url},
        )  # fmt: skip


@pytest.fixture
def on_aws(
    cloud: Cloud, image: ImageVersion, research: Team, alice: User, driver: FakeDriver,
    queued: list[str],
) -> Version:  # fmt: skip
    """Version 1 of `west`: a head and up to four workers on EC2."""
    from configurations.services.templates import create_template

    rewrite_versions(location=IMAGE)
    return create_template(team=research, name="west", text=TEXT, message="First.", by=alice)


@pytest.fixture
def answered() -> Callable[[CloudCheck], CloudCheck]:
    """Let a worker make the checks of a round."""
    from clouds.tasks import check_cloud

    def made(check: CloudCheck) -> CloudCheck:
        check_cloud.apply(args=(check.pk,))
        check.refresh_from_db()
        assert check.results, check.message
        return check

    return made
