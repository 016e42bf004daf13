"""The verifier lets right plans through and says what is wrong with others."""

from dataclasses import replace

import pytest

from benchmarks.planning.answer import Answer
from benchmarks.planning.instance import Instance
from benchmarks.planning.verification.verify import hosts_all, problems
from domain.demand import Strategy
from tests.benchmarks.small import (
    FOUR,
    NINE,
    ON_M,
    answer,
    cpus,
    gang,
    instance,
    load,
    standing,
)

PACK, SPREAD = Strategy.PACK, Strategy.SPREAD
STRICT_PACK, STRICT_SPREAD = Strategy.STRICT_PACK, Strategy.STRICT_SPREAD
ON_M_NODES = replace(FOUR, labels={"kind": "m"})


@pytest.mark.parametrize(
    ("asked", "plan"),
    [
        (instance(), answer()),
        (instance(cpus(1, 4)), answer(load("four", cpus(1, 4)))),
        (instance(cpus(1, 8)), answer(load("four", cpus(1, 4), count=2))),
        (instance(cpus(1, 4)), answer(load("four", cpus(1, 3)), unplaced=(cpus(1),))),
        (instance(cpus(0.1, 40)), answer(load("four", cpus(0.1, 40)))),
        (instance(cpus(1, 1)), answer(load("four", cpus(1)), load("nine"))),
        (
            instance(cpus(1, 4, ON_M), types=(ON_M_NODES,)),
            answer(load("four", cpus(1, 4, ON_M))),
        ),
        (instance(cpus(3, 2), standing=(standing(3, 2),)), answer()),
        (
            instance(gangs=(gang(STRICT_SPREAD, 1, 1),)),
            answer(load("four", cpus(1), count=2)),
        ),
        (instance(gangs=(gang(STRICT_PACK, 2, 2),)), answer(load("four", cpus(4)))),
        (instance(gangs=(gang(STRICT_PACK, 2, 2),)), answer(load("four", cpus(2, 2)))),
        (instance(gangs=(gang(PACK, 2, 2),)), answer(load("four", cpus(2), count=2))),
        (instance(gangs=(gang(SPREAD, 2, 2),)), answer(load("four", cpus(2, 2)))),
        (
            instance(cpus(1), gangs=(gang(STRICT_SPREAD, 2, 2),)),
            answer(load("four", cpus(1)), unplaced=(cpus(2, 2),)),
        ),
    ],
)
def test_right_plans_pass(asked: Instance, plan: Answer) -> None:
    assert problems(asked, plan) == []


@pytest.mark.parametrize(
    ("asked", "plan", "why"),
    [
        (instance(cpus(1, 5)), answer(load("four", cpus(1, 5))), "A four with 40000 CPU"),
        (instance(cpus(1, 5)), answer(load("four", cpus(1, 4))), "placed nowhere"),
        (instance(cpus(1, 3)), answer(load("four", cpus(1, 4))), "nobody asked for"),
        (instance(cpus(1, 1)), answer(load("four", cpus(1)), usd="0.3"), "the plan says 0.3"),
        (instance(cpus(1, 1)), answer(load("eight", cpus(1))), "no types eight"),
        (
            instance(cpus(4, 2), types=(replace(FOUR, max_nodes=1),)),
            answer(load("four", cpus(4), count=2)),
            "2 nodes of four, 1 at most",
        ),
        (
            instance(
                cpus(4), types=(replace(FOUR, max_nodes=1),), standing=(standing(0, of="four"),)
            ),
            answer(load("four", cpus(4))),
            "2 nodes of four, 1 at most",
        ),
        (
            instance(cpus(4, 2), max_resources={"CPU": 7}),
            answer(load("four", cpus(4), count=2)),
            "8 CPU in the cluster, 7 at most",
        ),
        (
            instance(cpus(1, 1, ON_M)),
            answer(load("four", cpus(1, 1, ON_M))),
            "has not the labels",
        ),
        (
            instance(cpus(1, 1, ON_M), types=(ON_M_NODES,)),
            answer(load("four", cpus(1, 1))),
            "nobody asked for",
        ),
        (
            instance(cpus(2, 2), standing=(standing(3, 1),)),
            answer(),
            "2 demands are placed nowhere",
        ),
        (
            instance(gangs=(gang(STRICT_SPREAD, 1, 1),)),
            answer(load("four", cpus(1, 2))),
            "STRICT_SPREAD placement group of 2 bundles has no place",
        ),
        (
            instance(gangs=(gang(STRICT_PACK, 2, 2),)),
            answer(load("four", cpus(2), count=2)),
            "STRICT_PACK placement group of 2 bundles has no place",
        ),
        (
            instance(gangs=(gang(PACK, 2, 2),)),
            answer(load("four", cpus(2)), unplaced=(cpus(2),)),
            "PACK placement group of 2 bundles has no place",
        ),
        (
            instance(gangs=(gang(STRICT_SPREAD, 1, 1), gang(STRICT_SPREAD, 1, 1, 1))),
            answer(load("four", cpus(1, 3)), load("four", cpus(1, 2))),
            "STRICT_SPREAD placement group of 3 bundles has no place",
        ),
    ],
)
def test_wrong_plans_are_named(asked: Instance, plan: Answer, why: str) -> None:
    assert why in " ".join(problems(asked, plan))


def test_spread_groups_take_the_fullest_nodes_first() -> None:
    asked = instance(gangs=(gang(STRICT_SPREAD, 1, 1), gang(STRICT_SPREAD, 1, 1, 1)))
    plan = answer(load("four", cpus(1, 2), count=2), load("four", cpus(1)))
    assert problems(asked, plan) == []


def test_what_no_greedy_order_packs_is_left_to_a_solver() -> None:
    asked = instance(cpus(3, 4), cpus(2, 6), standing=(standing(6, 4, of="nine"),))
    assert problems(asked, answer()) == []


def test_launches_alone_are_repacked() -> None:
    asked = instance(cpus(1, 12), types=(FOUR, NINE))
    assert hosts_all(asked, {"four": 1, "nine": 1}, unplaced=0)
    assert hosts_all(asked, {"nine": 1}, unplaced=3)
    assert hosts_all(asked, {"nine": 1}, unplaced=2) is None
    assert hosts_all(instance(gangs=(gang(PACK, 1),)), {"four": 1}, unplaced=0) is None
