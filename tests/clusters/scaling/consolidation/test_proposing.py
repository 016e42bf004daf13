"""A look finds the nodes that can go; what it finds is recommended or noted."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils.timezone import now

from clusters.models import Consolidation, Node
from clusters.scaling.consolidation.policy import RECOMMEND_TIME
from tests.clusters.busy_head import TWO_TYPES, BusyHead

pytestmark = pytest.mark.django_db


def test_one_look_in_ten_seconds_is_enough(acting: BusyHead) -> None:
    acting.grows(1, 1)
    acting.looks()
    at = Consolidation.objects.get().looked_at
    acting.pass_by()
    assert Consolidation.objects.get().looked_at == at
    acting.looks()
    assert Consolidation.objects.get().looked_at > at


def test_what_changed_meanwhile_drops_the_proposal(acting: BusyHead) -> None:
    acting.grows(1, 1)
    acting.looks()
    acting.wants(1, CPU=2.0)
    acting.looks()
    assert Consolidation.objects.get().proposal == {}
    assert acting.drained() == []


def test_a_recommendation_is_noted_once_in_a_while(started: Callable[[str], BusyHead]) -> None:
    head = started("")
    _, second = head.grows(1, 1)
    head.looks(times=5)
    assert head.drained() == []
    [reason] = head.decided("recommend")
    assert reason.startswith(f"{second.label} can be removed: its work fits on the other nodes")
    head.cluster.decisions.update(at=now() - RECOMMEND_TIME)
    head.looks()
    assert len(head.decided("recommend")) == 2


def test_nothing_is_looked_for_where_it_is_off(started: Callable[[str], BusyHead]) -> None:
    head = started("  scaling: {consolidation: false}\n")
    head.grows(1, 1)
    head.looks(times=3)
    assert head.decided("recommend", "consolidate", "keep") == []


def test_what_comes_closest_to_being_worth_it_is_noted_once(
    started: Callable[..., BusyHead],
) -> None:
    head = started("    cpu: {consolidation: act}\n", text=TWO_TYPES)
    [large] = head.grows(1)
    Node.objects.filter(pk=large.pk).update(
        instance_type="large", resources={"CPU": 8.0}, hourly_microusd=110_000
    )
    head.looks(times=3)
    [reason] = head.decided("keep")
    assert reason == (
        f"{large.label} stays: score 0.09 < threshold 0.50 (k: 2, savings 9.1%, disruption 100.0%)."
    )
