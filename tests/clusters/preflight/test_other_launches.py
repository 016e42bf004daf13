"""Clusters that a worker launches, for a test or in the place of another, keep their checks too."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils.timezone import now

from accounts.models import Team, User
from clouds.models import CloudCheck
from clusters.models import Cluster, Switch
from clusters.services.launching import (
    check_before_launch,
    launch_cluster,
    launch_replacement,
    launch_test_cluster,
)
from configurations.launch_checks import launchable
from configurations.models import Version
from mobula.demo_cloud.aws.world import World
from promotions.environments import saved_environments
from promotions.models import ChangeRequest, TestRun
from promotions.services.requests import request_change
from tests.promotions.conftest import asked

pytestmark = pytest.mark.django_db
__all__ = ["asked"]


def request_for(version: Version, by: User) -> ChangeRequest:
    """Return by's request to have the version in dev."""
    saved_environments(version.template.team)
    return request_change(version, environment="dev", title="More.", by=by)


def for_a_test(version: Version, by: User) -> Cluster:
    run = TestRun.objects.create(
        request=request_for(version, by),
        version=version,
        environment="dev",
        max_minutes=30,
        max_usd=1,
        round=1,
    )
    return launch_test_cluster(launchable(version), run=run, by=by)


def in_the_place_of_another(version: Version, by: User) -> Cluster:
    old = launch_cluster(name="old", version=version, by=by)
    CloudCheck.objects.update(started_at=LONG_AGO, finished_at=LONG_AGO)
    switch = Switch.objects.create(request=request_for(version, by), old=old)
    return launch_replacement(launchable(version), switch=switch, hold_until=now())


LONG_AGO = "2026-01-01T00:00:00Z"
LAUNCHES = [
    pytest.param(for_a_test, True, id="test cluster"),
    pytest.param(in_the_place_of_another, False, id="replacement"),
]


@pytest.mark.parametrize(("launched", "is_asked"), LAUNCHES)
def test_it_starts_a_round_and_keeps_it(
    on_aws: Version, alice: User, research: Team, launched: Callable[[Version, User], Cluster],
    is_asked: bool, asked: list[int],
    answered: Callable[[CloudCheck], CloudCheck],
) -> None:  # fmt: skip
    cluster = launched(on_aws, alice)
    cluster.refresh_from_db()
    check = cluster.run.checks
    assert check is not None
    assert check.is_running  # nobody waited
    assert (check.subject, check.team) == ("west:1", research)
    # A replacement is the release's doing, and nobody's.
    assert check.asked_by == (alice if is_asked else None)
    assert {"Dry run of group head", "Dry run of group cpu"} <= {
        line.title for line in answered(check).lines
    }


@pytest.mark.parametrize(("launched", "is_asked"), LAUNCHES[:1])
def test_a_recent_round_is_kept_whatever_it_found(
    on_aws: Version, alice: User, world: World, launched: Callable[[Version, User], Cluster],
    is_asked: bool, asked: list[int],
    answered: Callable[[CloudCheck], CloudCheck],
) -> None:  # fmt: skip
    world.denied.add("ec2:RunInstances")
    check = answered(check_before_launch(on_aws, by=alice))
    assert check.certain_failures
    cluster = launched(on_aws, alice)
    cluster.refresh_from_db()
    assert cluster.run.checks == check
