"""What rules read of a cluster: pending demand, the queue's time, the nodes needed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from clusters import runs
from clusters.models import Cluster
from clusters.scaling.strategies.rule_inputs import (
    MOST_RESOURCES,
    moment_now,
    needed_nodes,
    waiting_amounts,
    waiting_since,
)
from domain.demand import Demand, Gang, Shape, Strategy, plain_bundles
from domain.strategies.expression import Facts
from tests.clusters.with_strategies import WAITING

pytestmark = pytest.mark.django_db


def test_the_queue_is_counted_from_when_it_began(with_strategies: Cluster) -> None:
    begin = moment_now()
    assert waiting_since(with_strategies, Demand(), moment=begin) is None
    assert waiting_since(with_strategies, WAITING, moment=begin) == begin
    assert waiting_since(with_strategies, WAITING, moment=begin + timedelta(seconds=9)) == begin
    assert waiting_since(with_strategies, Demand(), moment=begin + timedelta(seconds=10)) is None


def test_what_waited_in_an_earlier_run_is_over(with_strategies: Cluster) -> None:
    begin = moment_now()
    waiting_since(with_strategies, WAITING, moment=begin)
    runs.begin(with_strategies)  # and it waits again at once
    later = begin + timedelta(hours=8, minutes=1)
    assert waiting_since(with_strategies, WAITING, moment=later) == later
    assert waiting_since(with_strategies, WAITING, moment=later + timedelta(seconds=9)) == later


def test_thousands_of_resources_do_not_grow_the_samples() -> None:
    rare = {f"node:{number}": 0.001 for number in range(5_000)}
    amounts = waiting_amounts(Demand(shapes=(Shape(resources={**rare, "CPU": 2}, count=1),)))
    assert len(amounts) == MOST_RESOURCES
    assert amounts["CPU"] == 2


def test_bundles_wait_too_and_nodes_for_a_floor_are_not_needed() -> None:
    gang = Gang(strategy=Strategy.PACK, bundles=plain_bundles([{"CPU": 1}, {"GPU": 1, "CPU": 1}]))
    demand = Demand(shapes=WAITING.shapes, gangs=(gang,))
    assert waiting_amounts(demand) == {"CPU": 6, "GPU": 1}
    coming = Facts(now=moment_now(), busy_nodes=1, pending_nodes=3)
    assert needed_nodes(coming) == 1
