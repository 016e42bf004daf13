"""What Ray waits for is told with every label selector, fallback and bundle."""

from types import SimpleNamespace
from typing import Any

import pytest

from agent.head.pending import demand

IN, NOT_IN = 1, 2


def test_the_order_in_which_ray_lists_demand_changes_nothing(messages: Any) -> None:
    shapes = [_pending(messages, CPU=1.0), _pending(messages, GPU=1.0)]
    one = messages.ClusterResourceState(pending_resource_requests=shapes)
    two = messages.ClusterResourceState(pending_resource_requests=shapes[::-1])
    assert demand(one) == demand(two)


def test_a_shape_carries_its_count_and_fractions(messages: Any) -> None:
    state = messages.ClusterResourceState(
        pending_resource_requests=[_pending(messages, count=40, CPU=0.5, special=1.0)]
    )
    assert demand(state)["shapes"] == [
        {
            "resources": {"CPU": 0.5, "special": 1.0},
            "count": 40,
            "selectors": [],
            "fallbacks": [],
        }
    ]


def test_a_label_selector_is_told_with_its_fallbacks_in_order(messages: Any) -> None:
    pending = _pending(messages, CPU=1.0)
    _select(pending.request, market=(NOT_IN, ["spot"]))
    _select(pending.request, region=(IN, ["b", "a"]))
    _select(pending.request)
    (shape,) = demand(messages.ClusterResourceState(pending_resource_requests=[pending]))["shapes"]
    assert shape["selectors"] == [_selector("market", "not in", "spot")]
    assert shape["fallbacks"] == [[_selector("region", "in", "a", "b")], []]


@pytest.mark.parametrize(
    ("number", "word"),
    [(1, "in"), (2, "not in"), (3, "exists"), (4, "does not exist"), (9, "operator 9")],
)
def test_an_operator_is_told_in_words_and_never_taken_for_another(number: int, word: str) -> None:
    constraint = SimpleNamespace(label_key="zone", operator=number, label_values=["a"])
    request = SimpleNamespace(
        resources_bundle={"CPU": 1.0},
        label_selectors=[SimpleNamespace(label_constraints=[constraint])],
    )
    state = SimpleNamespace(
        cluster_resource_constraints=[],
        pending_resource_requests=[SimpleNamespace(request=request, count=1)],
        pending_gang_resource_requests=[],
    )
    assert demand(state)["shapes"][0]["selectors"] == [_selector("zone", word, "a")]


def test_a_placement_group_is_told_as_a_gang_with_its_strategy(messages: Any) -> None:
    bundles = [messages.ResourceRequest(resources_bundle={"CPU": n}) for n in (1.0, 2.0)]
    gang = messages.GangResourceRequest(requests=bundles, details="ab12:STRICT_SPREAD|PENDING")
    assert _gangs(messages, gang) == [
        {
            "id": "ab12",
            "strategy": "STRICT_SPREAD",
            "bundles": [_bundle(CPU=1.0), _bundle(CPU=2.0)],
            "fallbacks": [],
        }
    ]


@pytest.mark.parametrize("field", ["requests", "bundle_selectors"])
def test_the_selectors_of_bundles_are_told_wherever_ray_puts_them(
    messages: Any, field: str
) -> None:
    gang = messages.GangResourceRequest(details="ab12:PACK|PENDING")
    if field == "requests":
        requests = gang.requests
    else:
        gang.requests.add().resources_bundle["GPU"] = 1.0  # as Ray still writes them too
        requests = gang.bundle_selectors.add().resource_requests
    request = requests.add()
    request.resources_bundle["GPU"] = 1.0
    _select(request, accelerator=(IN, ["H100"]))
    (told,) = _gangs(messages, gang)
    assert told["bundles"] == [
        {
            "resources": {"GPU": 1.0},
            "selectors": [_selector("accelerator", "in", "H100")],
            "fallbacks": [],
        }
    ]


def test_alternative_bundles_of_a_placement_group_are_fallbacks(messages: Any) -> None:
    gang = messages.GangResourceRequest(details="ab12:PACK|PENDING")
    for cpus in (8.0, 4.0, 2.0):
        gang.bundle_selectors.add().resource_requests.add().resources_bundle["CPU"] = cpus
    (told,) = _gangs(messages, gang)
    assert told["bundles"] == [_bundle(CPU=8.0)]
    assert told["fallbacks"] == [[_bundle(CPU=4.0)], [_bundle(CPU=2.0)]]


def test_a_requirement_of_locality_is_not_lost(messages: Any) -> None:
    gang = messages.GangResourceRequest(details="ab12:PACK|PENDING")
    selector = gang.bundle_selectors.add()
    selector.resource_requests.add().resources_bundle["CPU"] = 1.0
    selector.locality_requirement.locality_constraint.label_name = "rack"
    (told,) = _gangs(messages, gang)
    assert told["bundles"][0]["selectors"] == [_selector("locality_requirement", "unknown")]


@pytest.mark.parametrize(
    ("kind", "strategy"), [("anti_affinity", "STRICT_SPREAD"), ("affinity", "STRICT_PACK")]
)
def test_constraints_tell_the_strategy_and_the_id_where_the_details_do_not(
    messages: Any, kind: str, strategy: str
) -> None:
    gang = messages.GangResourceRequest()
    constraint = gang.requests.add().placement_constraints.add()
    getattr(constraint, kind).label_name = "_PG_ab12"
    (told,) = _gangs(messages, gang)
    assert (told["id"], told["strategy"]) == ("ab12", strategy)


def test_requested_resources_are_reported_as_standing_requests(messages: Any) -> None:
    pending = _pending(messages, count=8, CPU=1.0)
    _select(pending.request, zone=(IN, ["a"]))
    constraint = messages.ClusterResourceConstraint(resource_requests=[pending])
    told = demand(messages.ClusterResourceState(cluster_resource_constraints=[constraint]))
    assert told["standing_requests"] == [
        {
            "resources": {"CPU": 1.0},
            "count": 8,
            "selectors": [_selector("zone", "in", "a")],
            "fallbacks": [],
        }
    ]


def test_standing_requests_of_old_ray_are_reported_too(messages: Any) -> None:
    old = SimpleNamespace(min_bundles=[_pending(messages, count=8, CPU=1.0)])
    state = SimpleNamespace(
        cluster_resource_constraints=[old],
        pending_resource_requests=[],
        pending_gang_resource_requests=[],
    )
    assert demand(state)["standing_requests"] == [{**_bundle(CPU=1.0), "count": 8}]


def _gangs(messages: Any, gang: Any) -> list[dict[str, Any]]:
    state = messages.ClusterResourceState(pending_gang_resource_requests=[gang])
    gangs: list[dict[str, Any]] = demand(state)["gangs"]
    return gangs


def _pending(messages: Any, *, count: int = 1, **resources: float) -> Any:
    request = messages.ResourceRequest(resources_bundle=resources)
    return messages.ResourceRequestByCount(request=request, count=count)


def _select(request: Any, **labels: tuple[int, list[str]]) -> None:
    selector = request.label_selectors.add()
    for key, (operator, values) in labels.items():
        constraint = selector.label_constraints.add()
        constraint.label_key, constraint.operator = key, operator
        constraint.label_values.extend(values)


def _selector(key: str, operator: str, *values: str) -> dict[str, Any]:
    return {"key": key, "operator": operator, "values": list(values)}


def _bundle(**resources: float) -> dict[str, Any]:
    return {"resources": resources, "selectors": [], "fallbacks": []}
