"""What Ray waits for in Mobula's words: shapes, placement groups, standing requests."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Json = dict[str, Any]

# Ray's LabelSelectorOperator; the last two came after 2.60.
OPERATORS = {1: "in", 2: "not in", 3: "exists", 4: "does not exist"}
PLACEMENT_GROUP_LABEL = "_PG_"


def demand(state: Any) -> Json:
    """Return what Ray waits for: shapes with counts, placement groups, and standing requests."""
    constraints = state.cluster_resource_constraints
    requests = [request for constraint in constraints for request in _requests(constraint)]
    return {
        "shapes": _ordered([_shape(pending) for pending in state.pending_resource_requests]),
        "gangs": _ordered([_gang(pending) for pending in state.pending_gang_resource_requests]),
        "standing_requests": _ordered([_shape(request) for request in requests]),
    }


def _shape(pending: Any) -> Json:
    return {**_bundle(pending.request), "count": pending.count}


def _bundle(request: Any) -> Json:
    """Return the resources of a request, its label selectors, and the fallbacks in their order.

    Ray's list has the preferred selectors first; the ones after them are fallbacks, not additions.
    """
    preferred, *fallbacks = list(getattr(request, "label_selectors", ())) or [None]
    return {
        "resources": dict(request.resources_bundle),
        "selectors": _selectors(preferred),
        "fallbacks": [_selectors(selector) for selector in fallbacks],
    }


def _selectors(selector: Any) -> list[Json]:
    constraints = selector.label_constraints if selector is not None else ()
    return _ordered(
        [
            {
                "key": constraint.label_key,
                "operator": OPERATORS.get(constraint.operator, f"operator {constraint.operator}"),
                "values": sorted(constraint.label_values),
            }
            for constraint in constraints
        ]
    )


def _gang(pending: Any) -> Json:
    """Return a placement group; one that lost nodes has only the bundles that were on them."""
    # Newer Ray has a list of alternatives beside `requests`, which it will drop one day.
    selectors = [s for s in getattr(pending, "bundle_selectors", ()) if s.resource_requests]
    requests = list(selectors[0].resource_requests if selectors else pending.requests)
    identity, strategy = _identity(pending, requests)
    bundles = [_bundles(selector) for selector in selectors] or [[_bundle(r) for r in requests]]
    return {"id": identity, "strategy": strategy, "bundles": bundles[0], "fallbacks": bundles[1:]}


def _bundles(selector: Any) -> list[Json]:
    bundles = [_bundle(request) for request in selector.resource_requests]
    if selector.HasField("locality_requirement"):
        # Ray's own autoscaler does not read it yet: better no node than the wrong one.
        for bundle in bundles:
            bundle["selectors"].append(
                {"key": "locality_requirement", "operator": "unknown", "values": []}
            )
    return bundles


def _identity(pending: Any, requests: list[Any]) -> tuple[str, str]:
    """Return the id and the strategy: Ray's details read ``<id>:<strategy>|<state>``.

    Where they do not, the constraints of the bundles tell both of the strict strategies.
    """
    identity, _, rest = pending.details.partition(":")
    strategy = rest.partition("|")[0]
    if strategy:
        return identity, strategy
    for request in requests:
        for constraint in request.placement_constraints:
            for kind, strategy in (("anti_affinity", "STRICT_SPREAD"), ("affinity", "STRICT_PACK")):
                if constraint.HasField(kind):
                    label = getattr(constraint, kind).label_name
                    return label.replace(PLACEMENT_GROUP_LABEL, "", 1), strategy
    return identity, "PACK"


def _requests(constraint: Any) -> Any:
    # Ray 2.8 has the same field under another name.
    new = hasattr(constraint, "resource_requests")
    return constraint.resource_requests if new else constraint.min_bundles


def _ordered(entries: list[Json]) -> list[Json]:
    # Ray lists them in hash order: without an order of ours every read would look like a change.
    return sorted(entries, key=lambda entry: json.dumps(entry, sort_keys=True))
