"""Ray's resource state is told in Mobula's words."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from agent.head.observation import dead_nodes, demand, held, living_nodes

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


def test_the_order_in_which_ray_lists_things_changes_nothing(messages: Any, node: Build) -> None:
    nodes = [node("w1"), node("w2")]
    shapes = [_pending(messages, CPU=1.0), _pending(messages, GPU=1.0)]
    one = messages.ClusterResourceState(node_states=nodes, pending_resource_requests=shapes)
    two = messages.ClusterResourceState(
        node_states=nodes[::-1], pending_resource_requests=shapes[::-1]
    )
    assert living_nodes(one) == living_nodes(two)
    assert demand(one) == demand(two)


def test_a_shape_carries_its_count_and_fractions(messages: Any) -> None:
    state = messages.ClusterResourceState(
        pending_resource_requests=[_pending(messages, count=40, CPU=0.5, special=1.0)]
    )
    assert demand(state)["shapes"] == [
        {"resources": {"CPU": 0.5, "special": 1.0}, "count": 40, "selectors": []}
    ]


def test_a_label_selector_is_told_without_its_fallbacks(messages: Any) -> None:
    pending = _pending(messages, CPU=1.0)
    preferred = pending.request.label_selectors.add().label_constraints.add()
    preferred.label_key, preferred.operator = "market", 2
    preferred.label_values.append("spot")
    fallback = pending.request.label_selectors.add().label_constraints.add()
    fallback.label_key, fallback.operator = "region", 1
    told = demand(messages.ClusterResourceState(pending_resource_requests=[pending]))
    assert told["shapes"][0]["selectors"] == [
        {"key": "market", "operator": "not_in", "values": ["spot"]}
    ]


def test_a_placement_group_is_told_as_a_gang_with_its_strategy(messages: Any) -> None:
    bundles = [messages.ResourceRequest(resources_bundle={"CPU": n}) for n in (1.0, 2.0)]
    gang = messages.GangResourceRequest(requests=bundles, details="ab12:STRICT_SPREAD|PENDING")
    told = demand(messages.ClusterResourceState(pending_gang_resource_requests=[gang]))
    assert told["gangs"] == [
        {"id": "ab12", "strategy": "STRICT_SPREAD", "bundles": [{"CPU": 1.0}, {"CPU": 2.0}]}
    ]


def test_requested_resources_are_told_as_floors(messages: Any) -> None:
    floor = messages.ClusterResourceConstraint(
        resource_requests=[_pending(messages, count=8, CPU=1.0)]
    )
    told = demand(messages.ClusterResourceState(cluster_resource_constraints=[floor]))
    assert told["floors"] == [{"resources": {"CPU": 1.0}, "count": 8}]


def test_floors_of_old_ray_are_told_too(messages: Any) -> None:
    old = SimpleNamespace(min_bundles=[_pending(messages, count=8, CPU=1.0)])
    state = SimpleNamespace(
        cluster_resource_constraints=[old],
        pending_resource_requests=[],
        pending_gang_resource_requests=[],
    )
    assert demand(state)["floors"] == [{"resources": {"CPU": 1.0}, "count": 8}]


def test_a_resource_that_ray_leaves_out_of_available_is_all_held() -> None:
    node = {
        "total": {"CPU": 2.0, "GPU": 1.0, "node:127.20.1.2": 1.0, "object_store_memory": 100.0},
        "available": {"CPU": 0.5},
    }
    assert held(node) == {"CPU": 1.5, "GPU": 1.0}


def _pending(messages: Any, *, count: int = 1, **resources: float) -> Any:
    request = messages.ResourceRequest(resources_bundle=resources)
    return messages.ResourceRequestByCount(request=request, count=count)
