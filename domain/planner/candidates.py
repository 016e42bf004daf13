"""The machines that each group could grow by, as the planner compares them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from domain.demand import Resources
from domain.objective import Objective, interruption_usd, start_usd
from domain.offerings import Market
from domain.planner.amounts import Amounts, exact
from domain.planner.model import (
    NodeView,
    Offer,
    PlannedGroup,
    PlanRequest,
    Ranking,
    ZonePolicy,
)
from domain.pricing import BYTES_PER_GIB, DEFAULT_CARD


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """One offer of one group."""

    group: PlannedGroup
    offer: Offer
    brings: Amounts  # one node, or the first host of a slice
    cost: float  # what plans are compared by, dollars an hour
    charge: Decimal | None  # the most that one may cost, for the cap; None: not known

    @property
    def hosts(self) -> int:
        """How many nodes come together."""
        return self.offer.hosts

    @property
    def whole_cost(self) -> float:
        """What the fewest nodes cost that come at all."""
        return self.cost * self.hosts

    @property
    def further(self) -> Amounts:
        """What each host of a slice brings but the first."""
        return {name: n for name, n in self.brings.items() if name not in self.offer.first_host}

    @property
    def labels(self) -> Mapping[str, str]:
        return self.offer.labels

    @property
    def rank(self) -> int:
        """Its place with Ranking.ORDER."""
        return self.group.rank if self.offer.rank is None else self.offer.rank

    @property
    def key(self) -> tuple[str, str, Market, str]:
        """What a launch names."""
        offer = self.offer
        return self.group.name, offer.instance_type, offer.market, offer.zone


def candidates(request: PlanRequest) -> list[Candidate]:
    """Return every offer of every group, in the order of preference."""
    on_demand = _on_demand_usd(request)
    every = [
        Candidate(
            group=group,
            offer=offer,
            brings=exact({**offer.resources, **offer.first_host}),
            cost=_cost(group, offer, objective=request.objective, on_demand=on_demand),
            charge=_charge(group, offer, zones=request.zones),
        )
        for group in request.groups
        for offer in group.offers
    ]
    if request.ranking is Ranking.ORDER:
        return sorted(every, key=lambda candidate: candidate.rank)
    return every


def of_node(request: PlanRequest) -> dict[tuple[str, str, Market, str], Offer]:
    """Return each offer by its group, type, market and zone."""
    return {
        (group.name, offer.instance_type, offer.market, offer.zone): offer
        for group in request.groups
        for offer in (*group.known, *group.offers)
    }


def preferred(
    fits: Iterable[tuple[Candidate, int]], *, by_price: bool, needs_gpu: bool
) -> list[Candidate]:
    """Return candidates, each with how many copies it takes, in the order in which they open.

    By the price of a copy, or else by their place, and those of one place by price.
    """

    def place(fit: tuple[Candidate, int]) -> tuple[float, ...]:
        candidate, copies = fit
        price = candidate.whole_cost / copies, candidate.whole_cost
        if by_price:
            return price
        return candidate.rank, not needs_gpu and "GPU" in candidate.brings, *price

    return [candidate for candidate, _ in sorted(fits, key=place)]


def offer_key(node: NodeView) -> tuple[str, str, Market, str]:
    """Return the key of what a node was rented as."""
    return node.group, node.instance_type, node.market, node.zone


def labels_of(
    node: NodeView, offers: Mapping[tuple[str, str, Market, str], Offer]
) -> dict[str, str]:
    """Return the labels of a node: those of its offer, and its own beside them."""
    offer = offers.get(offer_key(node))
    return {**(offer.labels if offer else {}), **node.labels}


def stand_in_price(resources: Resources) -> float:
    """Return what a machine of that size would cost at the default rates, in dollars an hour."""
    card = DEFAULT_CARD
    return (
        float(card.usd_per_cpu_hour) * resources.get("CPU", 0)
        + float(card.usd_per_gib_hour) * resources.get("memory", 0) / BYTES_PER_GIB
        + float(card.usd_per_gpu_hour) * resources.get("GPU", 0)
    )


def _cost(
    group: PlannedGroup, offer: Offer, *, objective: Objective, on_demand: Mapping[str, float]
) -> float:
    """A price that is not known is taken to be what such a machine usually costs."""
    usual = stand_in_price(offer.resources)
    price = usual if offer.hourly_usd is None else float(offer.hourly_usd)
    price += interruption_usd(
        objective,
        market=offer.market,
        on_demand_usd=on_demand.get(offer.instance_type, usual),
        at_risk=offer.at_risk,
    )
    return price / group.weight + start_usd(objective, market=offer.market)


def _on_demand_usd(request: PlanRequest) -> dict[str, float]:
    """Return what each type costs on demand, where that is known."""
    return {
        offer.instance_type: float(offer.hourly_usd)
        for offer in of_node(request).values()
        if offer.market is Market.ON_DEMAND and offer.hourly_usd is not None
    }


def _charge(group: PlannedGroup, offer: Offer, *, zones: ZonePolicy) -> Decimal | None:
    """Some nodes of a spot group become on-demand ones, and spread ones lie in any zone."""
    prices = [
        offer.hourly_usd,
        *(other.hourly_usd for other in _instead(group, offer, zones=zones)),
    ]
    known = [price for price in prices if price is not None]
    return max(known) if len(known) == len(prices) else None


def _instead(group: PlannedGroup, offer: Offer, *, zones: ZonePolicy) -> Iterator[Offer]:
    """Yield what a node may become once the policies of markets and zones have their say."""
    mixed = bool(group.on_demand_nodes or group.on_demand_percent)
    for other in group.offers:
        if other.instance_type != offer.instance_type or other.cooling:
            continue
        spread = other.market is offer.market and zones is ZonePolicy.SPREAD
        if spread or (mixed and other.market is Market.ON_DEMAND and offer.market is Market.SPOT):
            yield other
