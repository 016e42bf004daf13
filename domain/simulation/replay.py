"""The replay: arrivals, boots, refusals, interruptions and decisions in the order of time."""

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import count

from domain.planner.model import NodePhase
from domain.simulation.conditions import DAY, REFUSAL_SECONDS, Weather
from domain.simulation.nodes import PendingWork, RunningWork, SimulatedNode
from domain.simulation.outcome import Measure, ReplayOutcome
from domain.simulation.policy import ClusterSnapshot, Policy, PolicyDecision, WantedNode
from domain.simulation.scheduler import placed
from domain.simulation.work import Arrival, Kinds, in_order

# Work that is not done so long after the last day is counted as unfinished.
GRACE = DAY

type ReplayEvent = Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What every policy is given alike."""

    arrivals: tuple[Arrival, ...]
    weather: Weather = field(default_factory=Weather)
    days: int = 7


def simulate(scenario: Scenario, policy: Policy) -> ReplayOutcome:
    """Return what the policy made of the scenario; the same input always gives the same.

    The cluster ends when its work is done, but not before the days are over.
    """
    replay = _Replay(scenario, policy)
    replay.run()
    return replay.measure.outcome()


class _Replay:
    def __init__(self, scenario: Scenario, policy: Policy) -> None:
        self.scenario, self.policy, self.weather = scenario, policy, scenario.weather
        self.end = scenario.days * DAY
        self.state = ClusterSnapshot()
        self.measure = Measure(policy=policy.name)
        self._events: list[tuple[int, int, ReplayEvent]] = []
        self._order, self._numbers = count(), count(1)
        self._running: set[RunningWork] = set()
        self._names: dict[str, int] = {}

    def run(self) -> None:
        """Let the time pass."""
        kinds = Kinds()
        for arrival in in_order(self.scenario.arrivals):
            if arrival.at < self.end and arrival.count > 0:
                kind = kinds.of(arrival)
                waiting = PendingWork(
                    kind=kind, arrived=arrival.at, seconds=arrival.seconds, count=arrival.count
                )
                self._at(arrival.at, partial(self._arrive, waiting))
        self._at(self.end, lambda: None)
        if self.policy.sample_seconds:
            self._at(self.policy.sample_seconds, self._sample)
        while (moment := self._next()) is not None:
            self._step(moment)
        self._close()

    def _at(self, moment: int, event: ReplayEvent) -> None:
        heapq.heappush(self._events, (moment, next(self._order), event))

    def _next(self) -> int | None:
        """Return the next moment at which something happens; None: it is over."""
        done = not (self.state.waits or self._running)
        last = self.end if done else self.end + GRACE
        if self.state.now >= last:
            return None
        look = self.policy.next_look(self.state)
        moments = [look] if look is not None else []
        moments += [self._events[0][0]] if self._events else []
        return min([max(self.state.now, moment) for moment in moments] + [last])

    def _step(self, moment: int) -> None:
        state = self.state
        state.now = moment
        busy = self._busy() if self.policy.watches_work else None
        while self._events and self._events[0][0] <= moment:
            heapq.heappop(self._events)[2]()
        self._place()
        if busy is not None and busy != self._busy():
            state.changed()
        look = self.policy.next_look(state)
        if look is not None and look <= moment:
            self._decide()

    def _busy(self) -> int:
        return sum(bool(node.runs) for node in self.state.nodes.values())

    def _arrive(self, waiting: PendingWork) -> None:
        self.measure.counts["arrived"] += waiting.count
        self.state.queues.setdefault(waiting.kind, deque()).append(waiting)

    def _place(self) -> None:
        state = self.state
        if not state.waits:
            return
        for run in placed(state.queues, state.nodes.values(), now=state.now):
            self._running.add(run)
            self._at(state.now + run.seconds, partial(self._finish, run))
            if not run.again:
                self.measure.waits[state.now - run.arrived] += run.count
        if any(queue and queue[-1].arrived == state.now for queue in state.queues.values()):
            state.changed()  # new work that found no place

    def _finish(self, run: RunningWork) -> None:
        if run.is_over:
            return
        self._end_run(run)
        self.measure.counts["finished"] += run.count

    def _end_run(self, run: RunningWork) -> None:
        run.end(self.state.now)
        self._running.discard(run)
        self.measure.run_ended(run, self.state.now)

    def _sample(self) -> None:
        self.policy.sample(self.state)
        self._at(self.state.now + self.policy.sample_seconds, self._sample)

    def _decide(self) -> None:
        state = self.state
        state.changed_at = None
        decision = self.policy.decide(state)
        state.looked_at = state.now
        self.measure.counts["looks"] += 1
        self._carry_out(decision)

    def _carry_out(self, decision: PolicyDecision) -> None:
        for name, shapes in decision.placements.items():
            self.state.nodes[name].planned = shapes
        for name in decision.drains:
            node = self.state.nodes[name]
            if not node.runs:  # as Ray does: a node that became busy stays
                self._end_node(node)
        for wanted in decision.launches:
            self._launch(wanted)

    def _launch(self, wanted: WantedNode) -> None:
        offer, now = wanted.offer, self.state.now
        self._names[wanted.group] = self._names.get(wanted.group, 0) + 1
        number = next(self._numbers)
        node = SimulatedNode(
            name=f"{wanted.group}-{self._names[wanted.group]}",
            number=number,
            group=wanted.group,
            offer=offer,
            asked_at=now,
            planned=wanted.planned,
        )
        self.state.nodes[node.name] = node
        if self.weather.is_short(offer.instance_type, offer.market, now):
            self._at(now + REFUSAL_SECONDS, partial(self._refuse, node))
            return
        self._at(now + self.weather.boot_of(number), partial(self._ready, node))
        if (life := self.weather.life_of(number, offer.market)) is not None:
            notice = max(0, life - self.weather.notice_seconds)
            self._at(now + notice, partial(self._notice, node))
            self._at(now + life, partial(self._take_back, node))

    def _refuse(self, node: SimulatedNode) -> None:
        del self.state.nodes[node.name]
        self.measure.counts["refused"] += 1
        self.policy.refused(node, self.state.now)
        self.state.changed()

    def _ready(self, node: SimulatedNode) -> None:
        if node.ended_at is not None:
            return
        self.measure.counts["launches"] += 1
        node.ready_at = node.idle_since = self.state.now
        if node.phase is NodePhase.PENDING:
            node.phase = NodePhase.READY
        self.policy.ready(node, self.state.now)
        if self.state.waits:
            self.state.changed()

    def _notice(self, node: SimulatedNode) -> None:
        if node.ended_at is None and self.policy.heeds_notices:
            node.phase = NodePhase.LEAVING
            self.state.changed()

    def _take_back(self, node: SimulatedNode) -> None:
        if node.ended_at is not None:
            return
        self.measure.counts["interrupted"] += 1
        for run in sorted(node.runs, key=_age, reverse=True):  # the oldest is to come first again
            self._lose(run)
        self._end_node(node)
        self.state.changed()

    def _lose(self, run: RunningWork) -> None:
        """Work that lost its node waits again, before all that came later."""
        self._end_run(run)
        self.measure.counts["disruptions"] += run.count
        self.state.queues[run.kind].appendleft(
            PendingWork(
                kind=run.kind,
                arrived=run.arrived,
                seconds=run.seconds,
                count=run.count,
                again=True,
            )
        )

    def _end_node(self, node: SimulatedNode) -> None:
        node.ended_at = self.state.now
        node.phase = NodePhase.LEAVING
        del self.state.nodes[node.name]
        self.measure.node_ended(node, self.state.now)
        if self.state.waits:
            self.state.changed()

    def _close(self) -> None:
        """Count what is still there when the time is up."""
        now, counts = self.state.now, self.measure.counts
        for run in self._running:
            self.measure.run_ended(run, now)
            counts["unfinished"] += run.count
        for queue in self.state.queues.values():
            for work in queue:
                counts["unfinished"] += work.count
                if not work.again:
                    self.measure.waits[now - work.arrived] += work.count
        for node in self.state.nodes.values():
            self.measure.node_ended(node, now)


def _age(run: RunningWork) -> tuple[int, int, int, int]:
    return run.arrived, run.started, run.kind.number, run.count
