"""Actors are counted by node, and not guessed."""

from __future__ import annotations

from typing import Any

import pytest

from agent import actors
from agent.actors import ActorWatch, count_by_node
from agent.head.dashboard import DashboardError

NODES = [{"node": "w1", "ray_node_id": "ab"}, {"node": "w2", "ray_node_id": "cd"}]


def listing(*nodes: str, **fields: Any) -> dict[str, Any]:
    rows = [{"actor_id": str(number), "node_id": node} for number, node in enumerate(nodes)]
    count = len(rows)
    numbers = {"total": count, "num_after_truncation": count, "num_filtered": count}
    return {"result": rows, "partial_failure_warning": "", **numbers, **fields}


class Ray:
    """A dashboard that answers what it was given."""

    def __init__(self, *answers: dict[str, Any] | None) -> None:
        self.answers = list(answers)

    def living_actors(self) -> dict[str, Any]:
        answer = self.answers.pop(0)
        if answer is None:
            raise DashboardError("silent")
        return answer


def told(watch: ActorWatch) -> list[int | None]:
    return [node["actors"] for node in watch.told(NODES)]


def watch_of(*answers: dict[str, Any] | None) -> ActorWatch:
    return ActorWatch(Ray(*answers))  # type: ignore[arg-type]


def test_each_node_has_its_number_and_one_that_is_not_listed_has_none() -> None:
    assert count_by_node(listing("ab", "ab", "ef")) == {"ab": 2, "ef": 1}
    watch = watch_of(listing("ab", "ab"))
    assert told(watch) == [None, None]
    watch.look()
    assert told(watch) == [2, 0]


@pytest.mark.parametrize(
    "cut",
    [
        {"total": 9, "num_after_truncation": 3},
        {"num_filtered": 3},
        {"partial_failure_warning": "The GCS is busy."},
    ],
)
def test_a_listing_that_was_cut_says_nothing(cut: dict[str, Any]) -> None:
    assert count_by_node(listing("ab", **cut)) is None
    watch = watch_of(listing("ab"), listing("ab", **cut))
    watch.look()
    watch.look()
    assert told(watch) == [None, None]


def test_dead_actors_do_not_make_a_listing_incomplete() -> None:
    assert count_by_node(listing("ab", total=7, num_after_truncation=7)) == {"ab": 1}


def test_counts_stand_while_ray_is_silent_until_they_are_too_old(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watch = watch_of(listing("ab"), None, {"odd": 1})
    for _ in range(3):
        watch.look()
    assert told(watch) == [1, 0]
    monkeypatch.setattr(actors, "OLDEST_SECONDS", -1.0)
    assert told(watch) == [None, None]
