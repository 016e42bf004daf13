"""A worker is killed at any step: release and cluster end in one of two versions, wholly."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pkgutil import resolve_name
from typing import Any

import pytest
from django.utils.timezone import now

from accounts.models import User
from clusters import following
from clusters.models import Cluster, Job
from clusters.services.launching import launch_cluster
from configurations.models import Version
from domain.promotions.states import RequestState
from promotions.models import ChangeRequest, Environment, Release
from promotions.services.requests import request_change
from tests.clusters.head import Head
from tests.promotions.steps import carry_on, changed, finish

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """The process is gone: nothing catches it."""


# How the verification task of a request with this title ends.
OUTCOME = {"Good.": "SUCCEEDED", "Bad.": "FAILED"}
STEPS = [
    "promotions.progress.loop.apply",
    "promotions.progress.applying.move_request",
    "promotions.progress.applying.record",
    "clusters.following.bringing.plan_update",
    "clusters.following.bringing.apply_update",
    "clusters.updates.apply.regroup",
    "clusters.updates.apply.note",
    "clusters.updates.apply.record",
    "promotions.progress.outcome.move_request",
    "clusters.following.verification.submit_command",
]


@pytest.fixture
def follower(
    environments: dict[str, Environment],
    ask: Callable[..., ChangeRequest],
    version: Version,
    alice: User,
    queued: list[str],
) -> Head:
    """A running cluster that follows dev, where releases that fail go back."""
    Environment.objects.update(rolls_back=True)
    finish(carry_on(ask("dev")))
    head = Head(launch_cluster(name="one", version=version, environment="dev", by=alice))
    for _ in range(2):
        head.pass_by()
        head.report()
    head.pass_by()
    return head


def kill(monkeypatch: pytest.MonkeyPatch, step: str, *, after: bool) -> None:
    """Have the process die the first time that it gets to `step`, before it or after it."""
    module, _, name = step.rpartition(".")
    real = getattr(resolve_name(module), name)
    died: list[bool] = []

    def dying(*args: Any, **kwargs: Any) -> Any:
        if died:
            return real(*args, **kwargs)
        died.append(True)
        if after:
            real(*args, **kwargs)
        raise Killed

    monkeypatch.setattr(step, dying)


def is_whole(cluster: Cluster) -> bool:
    """Whether the rows of the cluster are those of its version, all of them."""
    most = {1: 4, 2: 7}[cluster.version.number]
    return cluster.groups.get(name="cpu").max_nodes == most


def go_on(request: ChangeRequest) -> ChangeRequest:
    """Let workers take the request to its end, whoever of them dies; check each moment between."""
    for _ in range(12):
        for step in (lambda: carry_on(request), lambda: following.step(request.pk)):
            with suppress(Killed):
                step()
            cluster = Cluster.objects.select_related("version").get(name="one")
            assert is_whole(cluster)
            assert Release.objects.filter(replaced_at=None).count() == 1
        Job.objects.filter(status="PENDING").update(status=OUTCOME[request.title], ended_at=now())
    return carry_on(request)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_a_release_gets_to_its_end(
    step: str, after: bool, follower: Head, version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = changed(version, find="max_nodes: 4", replace="max_nodes: 7")
    request = request_change(new, environment="dev", title="Good.", by=version.author)
    kill(monkeypatch, step, after=after)
    assert go_on(request).state == RequestState.DONE
    follower.cluster.refresh_from_db()
    assert follower.cluster.version == new
    assert follower.cluster.release == Release.objects.get(replaced_at=None)
    assert Job.objects.filter(submission_id__startswith="mobula-verify").count() == 1


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", ["promotions.progress.outcome.go_back", *STEPS[:4]])
def test_a_roll_back_gets_to_its_end(
    step: str, after: bool, follower: Head, version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = changed(version, find="max_nodes: 4", replace="max_nodes: 7")
    request = request_change(new, environment="dev", title="Bad.", by=version.author)
    if step in STEPS:  # of the roll-back, not of the release before it
        request = go_on(request)
        assert request.state == RequestState.FAILED
        kill(monkeypatch, step, after=after)
    else:
        kill(monkeypatch, step, after=after)
        request = go_on(request)
    back = request.rollbacks.get()
    OUTCOME[back.title] = "SUCCEEDED"
    assert go_on(back).state == RequestState.DONE
    assert carry_on(request).state == RequestState.ROLLED_BACK
    follower.cluster.refresh_from_db()
    assert follower.cluster.version == version
