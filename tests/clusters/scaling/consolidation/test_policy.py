"""Where consolidation may act: modes of groups, actors."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from clusters.models import Node
from tests.clusters.busy_head import BusyHead

pytestmark = pytest.mark.django_db


def test_actors_are_moved_only_where_their_group_says_so(
    started: Callable[[str], BusyHead],
) -> None:
    head = started("  scaling: {consolidation: act}\n")
    _, second = head.grows(1, 1)
    head.actors = {second.name: 1}
    head.looks(times=4)
    assert head.drained() == []
    assert len(head.decided("recommend")) == 1
    head.actors = {}
    head.looks(times=3)
    assert len(head.drained()) == 1


def test_actors_nobody_knows_of_may_be_there(started: Callable[[str], BusyHead]) -> None:
    head = started("  scaling: {consolidation: act}\n")
    head.grows(1, 1)
    Node.objects.update(actors=None)
    head.actors = {node.name: None for node in head.nodes()}  # type: ignore[misc]
    head.looks(times=4)
    assert head.drained() == []
