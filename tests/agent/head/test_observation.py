"""Ray's resource state is told in Mobula's words."""

from collections.abc import Callable
from typing import Any

from agent.head.observation import dead_nodes, held, living_nodes

Build = Callable[..., Any]


def test_a_node_is_told_with_its_own_name_and_idle_seconds(messages: Any, node: Build) -> None:
    idle = node(
        "w1", status=3, idle_duration_ms=2500, node_ip_address="127.20.1.2",
        total_resources={"CPU": 2.0}, available_resources={"CPU": 2.0},
        node_activity=["none"], labels={"market": "spot"},
    )  # fmt: skip
    assert living_nodes(messages.ClusterResourceState(node_states=[idle])) == [
        {
            "node": "w1",
            "ray_node_id": b"w1".hex(),
            "group": "g1",
            "status": "IDLE",
            "idle_seconds": 2.5,
            "total": {"CPU": 2.0},
            "available": {"CPU": 2.0},
            "address": "127.20.1.2",
            "activity": ["none"],
            "labels": {"market": "spot"},
        }
    ]


def test_dead_nodes_are_told_apart_from_the_living(messages: Any, node: Build) -> None:
    state = messages.ClusterResourceState(node_states=[node("w1", status=2), node("w2", status=4)])
    assert [(n["node"], n["status"]) for n in living_nodes(state)] == [("w2", "DRAINING")]
    assert dead_nodes(state) == {b"w1".hex(): "w1"}


def test_the_order_in_which_ray_lists_nodes_changes_nothing(messages: Any, node: Build) -> None:
    nodes = [node("w1"), node("w2")]
    one = messages.ClusterResourceState(node_states=nodes)
    two = messages.ClusterResourceState(node_states=nodes[::-1])
    assert living_nodes(one) == living_nodes(two)


def test_a_node_tells_of_which_placement_groups_it_holds_bundles(
    messages: Any, node: Build
) -> None:
    state = messages.ClusterResourceState(
        node_states=[node("w1", dynamic_labels={"_PG_ab12": ""}, labels={"zone": "a"})]
    )
    (told,) = living_nodes(state)
    assert told["labels"] == {"_PG_ab12": "", "zone": "a"}


def test_a_resource_that_ray_leaves_out_of_available_is_all_held() -> None:
    node = {
        "total": {"CPU": 2.0, "GPU": 1.0, "node:127.20.1.2": 1.0, "object_store_memory": 100.0},
        "available": {"CPU": 0.5},
    }
    assert held(node) == {"CPU": 1.5, "GPU": 1.0}
