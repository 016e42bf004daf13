"""Our own policy: the planner, the strategies of the configuration, and cool-downs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import ceil

from domain.cooldowns import CapacityPool, Cooling, after_failure, sentence
from domain.cooldowns import FailureClass as Failure
from domain.planner import Launch, NodeView, PlanRequest, plan
from domain.planner.amounts import plain
from domain.planner.model import Offer, PlannedGroup
from domain.simulation.foresight import Foresight
from domain.simulation.nodes import SimulatedNode
from domain.simulation.policy import ClusterSnapshot, PolicyDecision, WantedNode
from domain.strategies.floors import ScheduledFloor, raised_floors
from domain.strategies.model import Floor

# A change is answered after a second, and the planner is asked once in so many seconds at most.
DEBOUNCE, GAP = 1, 5
_NO_MACHINE = "the cloud does not have this machine"


@dataclass(kw_only=True)
class Ours:
    """Mobula, for one replay. `base` is the planner's question of the empty cluster."""

    base: PlanRequest
    started: datetime
    days: int
    name: str = "mobula"
    schedules: Sequence[ScheduledFloor] = ()
    foresight: Foresight | None = None
    heeds_notices: bool = True
    _cold: dict[CapacityPool, Cooling] = field(default_factory=dict)
    _wakes: list[int] = field(default_factory=list)
    _is_short: bool = False  # something could not be served at the last look

    def __post_init__(self) -> None:
        self._wakes = sorted(self._boundaries(), reverse=True)

    @property
    def watches_work(self) -> bool:
        return any(group.warm_spare or group.warm_spare_percent for group in self.base.groups)

    @property
    def sample_seconds(self) -> int:
        return self.foresight.sample_seconds if self.foresight else 0

    def next_look(self, state: ClusterSnapshot) -> int | None:
        """Return when the planner is asked next: soon after a change, or when a time is up."""
        last = state.looked_at
        moments = [state.changed_at + DEBOUNCE] if state.changed_at is not None else []
        moments += [due for due in self._idle_ends(state) if due > last]
        moments += [wake for wake in self._wakes[-1:] if wake > last]
        if self._is_short:
            moments += [end for end in map(self._end_of, self._cold.values()) if end > last]
        return max(min(moments), last + GAP) if moments else None

    def decide(self, state: ClusterSnapshot) -> PolicyDecision:
        """Return what the planner says."""
        while self._wakes and self._wakes[-1] <= state.now:
            self._wakes.pop()
        answer = plan(self._request(state))
        self._is_short = bool(answer.unserved)
        return PolicyDecision(
            launches=tuple(node for launch in answer.launches for node in self._wanted(launch)),
            drains=tuple(drain.node for drain in answer.drains),
            placements=answer.placements,
        )

    def sample(self, state: ClusterSnapshot) -> None:
        """Note what the groups need, for the forecast."""
        if self.foresight:
            self.foresight.note(state, self._moment(state.now))

    def refused(self, node: SimulatedNode, now: int) -> None:
        """Let the machine cool down."""
        place = _place(node.offer)
        self._cold[place] = after_failure(self._cold.get(place), now=self._moment(now))

    def ready(self, node: SimulatedNode, now: int) -> None:
        """Forget the failures before the machine was asked for; learn how long it took."""
        cooling = self._cold.get(_place(node.offer))
        if cooling and cooling.failed_at < self._moment(node.asked_at):
            del self._cold[_place(node.offer)]
        if self.foresight:
            self.foresight.booted(node, now)

    def floors(self, now: int) -> Mapping[str, tuple[Floor, ...]]:
        """Return what the strategies ask for at that second."""
        moment = self._moment(now)
        return raised_floors(
            [group.name for group in self.base.groups],
            now=moment,
            schedules=self.schedules,
            forecasts=self.foresight.floors(moment) if self.foresight else None,
        )

    def _request(self, state: ClusterSnapshot) -> PlanRequest:
        floors, cold = self.floors(state.now), self._cold_offers(state.now)
        return replace(
            self.base,
            groups=tuple(
                _as_now(group, floors.get(group.name, ()), cold) for group in self.base.groups
            ),
            nodes=tuple(_view(node, state.now) for node in state.nodes.values()),
            demand=state.demand(),
            now=self._moment(state.now),
        )

    def _wanted(self, launch: Launch) -> Iterator[WantedNode]:
        group = next(
            planned_group
            for planned_group in self.base.groups
            if planned_group.name == launch.group
        )
        key = launch.instance_type, launch.zone, launch.market
        offer = next(group_offer for group_offer in group.offers if _place(group_offer) == key)
        planned = [pack.shapes for pack in launch.packs for _ in range(pack.count)]
        planned += [()] * (launch.count - len(planned))
        return (WantedNode(group=group.name, offer=offer, planned=shapes) for shapes in planned)

    def _idle_ends(self, state: ClusterSnapshot) -> Iterator[int]:
        limits = {group.name: ceil(group.idle_seconds) for group in self.base.groups}
        return (since + limits[node.group] for node, since in state.idle())

    def _cold_offers(self, now: int) -> Mapping[CapacityPool, str]:
        moment = self._moment(now)
        return {
            place: sentence(place, cooling, failure=Failure.CAPACITY, cause=_NO_MACHINE)
            for place, cooling in self._cold.items()
            if cooling.is_cold(moment)
        }

    def _moment(self, now: int) -> datetime:
        return self.started + timedelta(seconds=now)

    def _end_of(self, cooling: Cooling) -> int:
        return self._second(cooling.until)

    def _second(self, moment: datetime) -> int:
        return ceil((moment - self.started) / timedelta(seconds=1))

    def _boundaries(self) -> Iterator[int]:
        """Yield when minima must be kept or floors change: the first second is one of them."""
        yield 0
        last = self.started + timedelta(days=self.days)
        for schedule in self.schedules:
            window = schedule.window
            if opening := window.opening_at(self.started):
                yield self._second(opening[1])
            for start in window.starts(self.started - timedelta(seconds=1)):
                if start >= last:
                    break
                yield from map(self._second, (start, window.end_of(start)))
        if self.foresight:
            ahead = self.foresight.longest_ahead
            for hour in range(self.days * 24):
                yield from (hour * 3600, max(0, (hour + 1) * 3600 - ahead))


def _as_now(
    group: PlannedGroup, floors: tuple[Floor, ...], cold: Mapping[CapacityPool, str]
) -> PlannedGroup:
    if not cold:
        return replace(group, floors=floors) if floors else group
    offers = tuple(replace(offer, cooling=cold.get(_place(offer), "")) for offer in group.offers)
    return replace(group, floors=floors, offers=offers)


def _view(node: SimulatedNode, now: int) -> NodeView:
    offer = node.offer
    return NodeView(
        name=node.name,
        group=node.group,
        phase=node.phase,
        free=plain(node.free),
        total=offer.resources,
        instance_type=offer.instance_type,
        market=offer.market,
        zone=offer.zone,
        hourly_usd=offer.hourly_usd,
        idle_seconds=None if node.idle_since is None else now - node.idle_since,
        age_seconds=now - node.asked_at,
        planned=node.planned,
        units=node.free_of_units(),
    )


def _place(offer: Offer) -> CapacityPool:
    return offer.instance_type, offer.zone, offer.market
