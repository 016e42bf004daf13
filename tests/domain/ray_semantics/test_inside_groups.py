"""Tasks and actors of a placement group wait in that group: no node can be started for them."""

import pytest

from domain.demand import Demand, Resources, demand_from_report
from domain.demand.text import demand_from_text, text_of
from domain.planner import plan
from domain.planner.verdicts import explained, waits_inside
from tests.domain.planning import group, node, request

GROUP = "8d41365ee7ee8cfa2a1ccda8f0f901000000"
INDEXED = {
    f"CPU_group_{GROUP}": 1.0,
    f"CPU_group_1_{GROUP}": 1.0,
    f"bundle_group_{GROUP}": 0.001,
    f"bundle_group_1_{GROUP}": 0.001,
}
WILDCARD = {f"GPU_group_{GROUP}": 0.5, f"custom_group_{GROUP}": 1.0, f"bundle_group_{GROUP}": 0.001}
WORKERS = group("workers", {"CPU": 2.0})


def waiting(resources: Resources) -> Demand:
    return demand_from_report({"shapes": [{"resources": resources, "count": 3}]})


@pytest.mark.parametrize("resources", [INDEXED, WILDCARD])
def test_they_start_nothing_and_are_not_unserved(resources: Resources) -> None:
    answer = plan(request(WORKERS, demand=waiting(resources)))
    assert answer.is_empty
    assert not answer.unserved


def test_they_keep_no_idle_node() -> None:
    idle = node("n-1", WORKERS, idle=500)
    answer = plan(request(WORKERS, nodes=(idle,), demand=waiting(INDEXED)))
    assert [drain.node for drain in answer.drains] == ["n-1"]


@pytest.mark.parametrize(
    ("resources", "shape"), [(INDEXED, "{CPU: 1}"), (WILDCARD, "{GPU: 0.5, custom: 1}")]
)
def test_a_page_shows_in_which_group_they_wait(resources: Resources, shape: str) -> None:
    (line,) = explained(request(WORKERS, demand=waiting(resources)))
    assert (line.shape, line.count, line.kind) == (shape, 3, f"in placement group {GROUP}")
    assert line.verdicts == ()


def test_words_say_what_they_wait_for() -> None:
    ((count, words),) = waits_inside(waiting(INDEXED))
    assert count == 3
    assert words.startswith(f"{{CPU: 1}} in placement group {GROUP}, until")


def test_a_resource_that_is_only_named_like_one_is_work_as_any_other() -> None:
    demand = waiting({"my_group_licence": 1.0, "CPU": 1.0})
    assert len(demand.shapes) == 1
    assert plan(request(WORKERS, demand=demand)).unserved


def test_they_are_read_back_as_they_were_written() -> None:
    demand = waiting(INDEXED)
    assert demand_from_text(text_of(demand, longest=10_000)) == demand
