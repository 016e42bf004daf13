"""What an environment lets somebody launch."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts.errors import Invalid, NotAllowed
from accounts.models import User
from clusters.services.launching import launch_cluster
from configurations.models import Version
from promotions.models import ChangeRequest, Environment, Release
from promotions.services.approvals import approve
from promotions.services.environments import change_rules
from tests.promotions.steps import carry_on, changed, finish

pytestmark = pytest.mark.django_db


def test_production_runs_only_what_is_released_there(
    prod: Environment,
    ask: Callable[..., ChangeRequest],
    version: Version,
    alice: User,
    bea: User,
    queued: list[str],
) -> None:
    with pytest.raises(Invalid, match="none is released there yet"):
        launch_cluster(name="live", version=version, environment="prod", by=alice)
    request = carry_on(ask())
    approve(request, digest=request.digest, by=bea)
    finish(carry_on(request))
    cluster = launch_cluster(name="live", version=version, environment="prod", by=alice)
    assert cluster.release == Release.objects.get()
    more = changed(version, find="max_nodes: 4", replace="max_nodes: 8")
    with pytest.raises(Invalid, match="train:1 is released there"):
        launch_cluster(name="next", version=more, environment="prod", by=alice)


def test_dev_runs_any_version_and_follows_the_released_one(
    environments: dict[str, Environment],
    ask: Callable[..., ChangeRequest],
    version: Version,
    alice: User,
    queued: list[str],
) -> None:
    free = launch_cluster(name="free", version=version, environment="dev", by=alice)
    assert free.release is None
    finish(carry_on(ask("dev")))
    following = launch_cluster(name="following", version=version, environment="dev", by=alice)
    assert following.release == Release.objects.get()


def test_an_environment_says_who_may_launch_there(
    environments: dict[str, Environment],
    version: Version,
    alice: User,
    lead: User,
    queued: list[str],
) -> None:
    change_rules(environments["dev"], values={"launch_role": "admin"}, by=lead)
    with pytest.raises(NotAllowed, match="takes the Admin role"):
        launch_cluster(name="one", version=version, environment="dev", by=alice)
    assert launch_cluster(name="one", version=version, environment="dev", by=lead)
