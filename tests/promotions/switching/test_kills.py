"""A worker is killed at any step of a switch: no cluster is lost, or between two versions."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial

import pytest

from accounts.models import User
from clusters import following, switching
from clusters.models import Cluster, Switch
from configurations.models import Version
from domain.promotions.states import RequestState
from domain.promotions.switches import OPEN_SWITCH_STATES
from promotions.models import ChangeRequest, Release
from promotions.services.releases import roll_back
from promotions.services.requests import request_change
from tests.promotions.steps import carry_on
from tests.promotions.switching.side import Side, other_head, switched
from tests.promotions.test_kills import Killed, kill

pytestmark = pytest.mark.django_db

STEPS = [
    "promotions.progress.loop.apply",
    "clusters.following.bringing.want_switch",
    "clusters.switching.loop.prepare",
    "clusters.switching.launching.launch_replacement",
    "clusters.switching.launching.move_switch",
    "clusters.switching.starting.take_over",
    "clusters.following.switching._swap_names",
    "clusters.switching.starting.move_switch",
    "clusters.switching.draining.end_cluster",
    "promotions.progress.outcome.move_request",
]
STEPS_BACK = [
    "clusters.following.bringing.switch_back",
    "clusters.following.switching.take_over",
    "clusters.following.switching._swap_names",
    "clusters.following.switching.move_switch",
    "clusters.following.switching.tell_beside",
    "clusters.switching.draining.end_cluster",
]
SIZES = {1: "small", 2: "large"}


def expect_whole() -> None:
    """Fail the test where a cluster is between two versions, two have one place, or one is lost."""
    assert Release.objects.filter(replaced_at=None).count() == 1
    live = Cluster.objects.filter(target="running").select_related("version", "run")
    for cluster in live:
        assert cluster.groups.get(name="head").instance_type == SIZES[cluster.version.number]
    one = live.get(name="prod-train")
    assert one.replaced_by is None
    assert [cluster.name for cluster in live if cluster.release_id] == ["prod-train"]
    rows = Switch.objects.filter(state__in=OPEN_SWITCH_STATES)
    sides = {side for row in rows for side in (row.old_id, row.new_id)}
    assert {cluster.pk for cluster in live} <= {one.pk, *sides}


def go_on(request: ChangeRequest) -> ChangeRequest:
    """Let workers take the request to its end, whoever of them dies; check each moment between."""
    for _ in range(10):
        if not switching.due() and not ChangeRequest.objects.get(pk=request.pk).is_open:
            break
        steps: list[Callable[[], object]] = [partial(carry_on, request)]
        steps += [partial(following.step, request.pk)]
        steps += [partial(switching.advance, switch) for switch in switching.due()]
        for step in steps:
            with suppress(Killed):
                step()
            expect_whole()
        for cluster in Cluster.objects.filter(target="running"):
            side = Side(cluster)
            if cluster.replaced_by_id:
                side.rests()
            elif not side.nodes() or side.nodes()[0].state != "ready":
                side.pass_by()
                side.turn()
    return carry_on(request)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_a_switch_gets_to_its_end(
    step: str, after: bool, old: Side, version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = other_head(version)
    request = request_change(
        new, environment="dev", title="Good.", strategy="switch", by=version.author
    )
    kill(monkeypatch, step, after=after)
    assert go_on(request).state == RequestState.DONE
    rows = Cluster.objects.order_by("created_at")
    assert [(row.name, row.version, row.target) for row in rows] == [
        ("prod-train-previous", version, "terminated"),
        ("prod-train", new, "running"),
    ]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS_BACK)
def test_a_roll_back_gets_to_its_end(
    step: str,
    after: bool,
    old: Side,
    version: Version,
    lead: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    new = other_head(version)
    request = carry_on(
        request_change(new, environment="dev", title="Bad.", strategy="switch", by=version.author)
    )
    switched(request)
    back = roll_back(request, reason="Slow.", by=lead)
    kill(monkeypatch, step, after=after)
    assert go_on(back).state == RequestState.DONE
    rows = Cluster.objects.order_by("created_at")
    assert [(row.name, row.version, row.target) for row in rows] == [
        ("prod-train", version, "running"),
        ("prod-train-previous", new, "terminated"),
    ]
    assert carry_on(request).state == RequestState.ROLLED_BACK


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    "step", ["clusters.switching.starting.move_switch", "clusters.switching.starting.end_cluster"]
)
def test_a_new_cluster_that_nobody_needs_any_more_is_not_lost(
    step: str,
    after: bool,
    old: Side,
    version: Version,
    lead: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    request = carry_on(
        request_change(
            other_head(version),
            environment="dev",
            title="Bad.",
            strategy="switch",
            by=version.author,
        )
    )
    following.step(request.pk)
    switching.advance(switching.due()[0])
    back = roll_back(request, reason="Wrong head.", by=lead)
    kill(monkeypatch, step, after=after)
    assert go_on(back).state == RequestState.DONE
    live = Cluster.objects.filter(target="running")
    assert [(row.name, row.version) for row in live] == [("prod-train", version)]
