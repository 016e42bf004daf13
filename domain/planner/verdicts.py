"""What of the demand each group could take, and what a plan comes to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from domain.demand import Bundle, Shape, describe
from domain.planner.candidates import Candidate, candidates
from domain.planner.explanation import sentences
from domain.planner.explanation.causes import (
    STANDING_REQUEST,
    WORK,
    Machine,
    Misfit,
    Source,
    SourceKind,
    Stop,
    placement_group,
)
from domain.planner.limits import Limits, Room, machine_of, pending_or_ready
from domain.planner.model import Plan, PlannedGroup, PlanRequest
from domain.planner.needs import alike, gang_needs, misfit
from domain.planner.packing import Need
from domain.planner.request.implicit import with_implicit_resources
from domain.wording import price

# Work that asks for nothing fits without end; nobody needs to read more than this.
ANY_NUMBER = 1_000_000
MOST_STOPS, MOST_BUNDLES, MOST_NAMES = 2, 4, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How much of a shape one more node takes, and how many such nodes there may be."""

    machine: Machine
    times: int | None  # None: any number
    nodes: int


type Verdict = Fit | Misfit | tuple[Stop, ...]
"""A fit, or why no node fits, or what stops all the machines that would."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupVerdict:
    """Whether a group could take a shape on one more node."""

    group: str
    verdict: Verdict

    @property
    def fits(self) -> bool:
        return isinstance(self.verdict, Fit)

    @property
    def words(self) -> str:
        """The verdict as people read it, beside the name of the group."""
        match self.verdict:
            case Fit() as fit:
                return _fit(fit)
            case Misfit() as why:
                return sentences.misfit_of_group(why)
            case stops:
                return "; ".join(map(sentences.stop_of_group, stops[:MOST_STOPS]))


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandLine:
    """A line of demand, with what each group makes of it: those that fit first."""

    shape: str
    count: int
    source: Source
    verdicts: tuple[GroupVerdict, ...]

    @property
    def kind(self) -> str:
        """Where the demand comes from, as people read it."""
        return sentences.source(self.source)

    @property
    def requests(self) -> int:
        """How many entries of the demand this line stands for."""
        return self.count if self.source.kind is SourceKind.PLACEMENT_GROUP else 1

    @property
    def distinct(self) -> list[tuple[str, GroupVerdict]]:
        """The verdicts that read differently, each with the names of its groups."""
        groups: dict[str, list[GroupVerdict]] = {}
        for verdict in self.verdicts:
            groups.setdefault(verdict.words, []).append(verdict)
        return [(_names([item.group for item in same]), same[0]) for same in groups.values()]


def explained(request: PlanRequest) -> Iterator[DemandLine]:
    """Yield each line of the request's demand with a verdict of each of its groups."""
    request = with_implicit_resources(request)
    groups, demand = _Groups(request), request.demand
    for shape in demand.shapes:
        yield groups.line(Need.of(shape), shape=_shape(shape), count=shape.count, source=WORK)
    for gang, count in alike(demand.gangs):
        needs = gang_needs(gang, groups.machines)
        if needs:
            source = placement_group(gang.strategy)
            bundles = _bundles(gang.bundles)
            yield groups.line(needs[0], shape=bundles, count=count, source=source)
    for shape in demand.standing_requests:
        source = STANDING_REQUEST
        yield groups.line(Need.of(shape), shape=_shape(shape), count=shape.count, source=source)


def more_usd(plan: Plan) -> Decimal | None:
    """Return what the plan's launches cost in dollars an hour; None: a price is unknown."""
    total = Decimal(0)
    for launch in plan.launches:
        if launch.hourly_usd is None:
            return None
        total += launch.count * launch.hourly_usd
    return total


def outcome(plan: Plan) -> str:
    """Return the whole of a plan in one or two sentences."""
    sentences = [_launched(plan)] if plan.launches else []
    if plan.drains:
        sentences.append(f"{_counted(len(plan.drains), 'node')} would terminate.")
    if waiting := sum(item.count for item in plan.unserved):
        sentences.append(f"{waiting:,} would stay pending.")
    return " ".join(sentences) or (
        "Nothing to launch: running and starting nodes have room for all of it."
    )


def _launched(plan: Plan) -> str:
    count = sum(launch.count for launch in plan.launches)
    usd = more_usd(plan)
    if usd is None:
        they = "it costs" if count == 1 else "they cost"
        return f"{_counted(count, 'more node')}; what {they} is unknown."
    return f"{_counted(count, 'more node')}: {price(usd)} an hour more."


def _names(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMES
    shown = names if more < 2 else names[:MOST_NAMES]
    return ", ".join(shown) + (f" and {more} more groups" if more > 1 else "")


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


class _Groups:
    """The machines of each group and how far each may still grow, looked up once."""

    def __init__(self, request: PlanRequest) -> None:
        self.groups = request.groups
        self.machines = candidates(request)
        self._limits = Limits(request, kept=pending_or_ready(request.nodes))
        self._rooms: dict[int, Room] = {}
        self._of: dict[str, list[Candidate]] = {group.name: [] for group in request.groups}
        for machine in self.machines:
            self._of[machine.group.name].append(machine)

    def line(self, need: Need, *, shape: str, count: int, source: Source) -> DemandLine:
        verdicts = [
            GroupVerdict(group=group.name, verdict=self._verdict(group, need))
            for group in self.groups
        ]
        verdicts.sort(key=lambda verdict: not verdict.fits)
        return DemandLine(shape=shape, count=count, source=source, verdicts=tuple(verdicts))

    def _verdict(self, group: PlannedGroup, need: Need) -> Verdict:
        most = 1 if need.apart else ANY_NUMBER
        fitting = [
            (machine, times)
            for machine in self._of[group.name]
            if need.accepts(machine.labels)
            and (times := need.copies_in(machine.brings, at_most=most))
        ]
        if not fitting:
            return misfit(need, self._of[group.name])
        rentable = [(machine, times) for machine, times in fitting if self._room(machine).nodes]
        if not rentable:
            return tuple(dict.fromkeys(self._room(machine).stop for machine, _ in fitting))
        machine, times = min(rentable, key=lambda fit: (fit[0].cost / fit[1], fit[0].cost))
        return Fit(
            machine=machine_of(machine),
            times=None if times == ANY_NUMBER else times,
            nodes=self._room(machine).nodes,
        )

    def _room(self, machine: Candidate) -> Room:
        if id(machine) not in self._rooms:
            self._rooms[id(machine)] = self._limits.room(machine)
        return self._rooms[id(machine)]


def _fit(fit: Fit) -> str:
    each = "any number" if fit.times is None else f"{fit.times:,}"
    more = _counted(fit.nodes, "more node")
    return f"fits: {each} of it on one node of {sentences.machine(fit.machine)}, {more} possible"


def _shape(shape: Shape | Bundle) -> str:
    labels = " and ".join(selector.words for selector in shape.selectors)
    return f"{describe(shape.resources)} on {labels}" if labels else describe(shape.resources)


def _bundles(bundles: Sequence[Bundle]) -> str:
    """Return the bundles, equal ones once with their number."""
    counts: dict[str, int] = {}
    for bundle in bundles:
        counts[_shape(bundle)] = counts.get(_shape(bundle), 0) + 1
    words = [f"{count} × {shape}" for shape, count in counts.items()]
    more = len(words) - MOST_BUNDLES
    return " + ".join(words[:MOST_BUNDLES]) + (f" + {more} more" if more > 0 else "")
