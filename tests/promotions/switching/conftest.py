"""A cluster that follows dev, where train:1 is released, and a request that switches it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.clusters.conftest import TEXT
from tests.promotions.switching.side import Side, brought_up

if TYPE_CHECKING:
    from accounts.models import Team, User
    from configurations.models import Version
    from images.models import ImageVersion
    from promotions.models import ChangeRequest, Environment

LEAST = TEXT.replace("max_nodes: 4", "min_nodes: 1\n    max_nodes: 4")


@pytest.fixture
def version(alice: User, research: Team, image: ImageVersion) -> Version:
    """alice's template `train`, version 1: a head and one to four workers."""
    from configurations.services.templates import create_template
    from tests.cast import make_cloud

    make_cloud("paper", provider="fake")
    return create_template(team=research, name="train", text=LEAST, message="First.", by=alice)


@pytest.fixture
def dev(
    environments: dict[str, Environment], ask: Callable[..., ChangeRequest], version: Version
) -> Environment:
    """dev, where train:1 is released, and releases that fail stay until somebody rolls back."""
    from promotions.models import Environment
    from tests.promotions.steps import carry_on, finish

    Environment.objects.update(rolls_back=False, verify_task=False, verify_minutes=0)
    finish(carry_on(ask("dev")))
    return environments["dev"]


@pytest.fixture
def old(dev: Environment, version: Version, alice: User, queued: list[str]) -> Side:
    """alice's running cluster `prod-train`, which follows dev."""
    from clusters.services.launching import launch_cluster

    launched = launch_cluster(name="prod-train", version=version, environment="dev", by=alice)
    return brought_up(launched)
