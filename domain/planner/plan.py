"""The plan, in the zone or zones that the policy allows."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal

from domain.planner.draft import drafted
from domain.planner.model import NodePhase, Plan, PlanRequest, ZonePolicy
from domain.planner.request.implicit import with_implicit_resources


def plan(request: PlanRequest) -> Plan:
    """Return which nodes to launch and which to give back, each with its reason.

    The same request always gives the same plan. A plan that was carried out is followed by an
    empty one, with the exceptions that docs/scaling.md names.
    """
    request = with_implicit_resources(request)
    zones = _zones(request)
    if request.zones is not ZonePolicy.ONE or len(zones) < 2:
        return drafted(request)
    pinned = _pinned(request, zones)
    if not pinned:
        # At the same price beside the head: traffic between zones is paid for.
        zones.sort(key=lambda zone: zone != request.head_zone)
        return min((drafted(_within(request, zone)) for zone in zones), key=_quality)
    stays = drafted(_within(request, pinned))
    if not stays.unserved:
        return stays
    others = (drafted(_within(request, zone)) for zone in zones if zone != pinned)
    best = min(others, key=_quality)
    # Only for work that finds no place where the cluster lies, never for a price.
    return best if _waiting(best) < _waiting(stays) else stays


def _zones(request: PlanRequest) -> list[str]:
    zones = (offer.zone for group in request.groups for offer in group.offers)
    return [zone for zone in dict.fromkeys(zones) if zone]


def _pinned(request: PlanRequest, zones: list[str]) -> str:
    """Return the zone in which most of the cluster lies already, or "" when it lies in none."""
    lying = Counter(
        node.zone
        for node in request.nodes
        if node.zone in zones and node.phase is not NodePhase.LEAVING
    )
    return min(lying, key=lambda zone: (-lying[zone], zone), default="")


def _within(request: PlanRequest, zone: str) -> PlanRequest:
    """Return the request with only that zone's machines to rent; what is there stays known."""
    groups = tuple(
        replace(
            group,
            offers=tuple(offer for offer in group.offers if offer.zone in {zone, ""})
            or group.offers,
            known=(*group.known, *group.offers),
        )
        for group in request.groups
    )
    return replace(request, groups=groups)


def _quality(answer: Plan) -> tuple[int, int, Decimal]:
    prices = (launch.count * (launch.hourly_usd or Decimal(0)) for launch in answer.launches)
    return _waiting(answer), answer.fallbacks, sum(prices, Decimal(0))


def _waiting(answer: Plan) -> int:
    return sum(left.count for left in answer.unserved)
