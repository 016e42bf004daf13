"""Several workers look at one switch in the same moment."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, transaction

from clusters import following, switching
from clusters.models import Cluster, Switch
from configurations.models import Version
from tests.promotions.switching.side import (
    Side,
    brought_up,
    other_head,
    released,
    rollout,
    switch_of,
)

WORKERS = 4


def together(step: Callable[[], None]) -> None:
    """Have several workers take a step at the same time, each some times."""

    def work(_: int) -> None:
        try:
            for _ in range(3):
                step()
        finally:
            connection.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(work, range(WORKERS)))


@pytest.mark.django_db(transaction=True)
def test_they_launch_one_cluster_and_switch_once(old: Side, version: Version) -> None:
    request = released(other_head(version))

    def step() -> None:
        following.step(request.pk)
        for switch in switching.due():
            switching.advance(switch)

    together(step)
    new = switch_of(request).new
    assert new is not None
    assert set(Cluster.objects.all()) == {old.cluster, new}
    brought_up(new)
    together(step)
    assert switch_of(request).state == "switched"
    assert sorted(Cluster.objects.values_list("name", flat=True)) == [
        "prod-train",
        "prod-train-previous",
    ]
    new.refresh_from_db()
    assert new.name == "prod-train"
    shown = rollout(request)
    assert (shown.cluster_id, shown.state) == (new.pk, "following")
    assert new.events.filter(kind="cluster.switched").count() == 1


@pytest.mark.django_db
def test_the_database_refuses_a_second_switch_of_a_cluster(old: Side, version: Version) -> None:
    request = released(other_head(version))
    following.step(request.pk)
    for values in ({}, {"state": "failed"}):
        with pytest.raises(IntegrityError, match="switch_o"), transaction.atomic():
            Switch.objects.create(request=request, old=old.cluster, **values)
    assert Switch.objects.count() == 1
