"""For people: what of the demand each group could take, and what a plan comes to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from domain.demand import Resources, Shape, describe
from domain.planner.amounts import exact, plain, times_in
from domain.planner.candidates import Candidate, candidates
from domain.planner.limits import Limits, Room, machine, pending_or_ready
from domain.planner.model import Plan, PlannedGroup, PlanRequest
from domain.planner.needs import alike, gang_needs
from domain.planner.packing import Need
from domain.wording import price

# Work that asks for nothing fits without end; nobody needs to read more than this.
ANY_NUMBER = 1_000_000
MOST_STOPS, MOST_BUNDLES, MOST_NAMES = 2, 4, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupVerdict:
    """Whether a group could take a shape on one more node, in words."""

    group: str
    fits: bool
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandLine:
    """A line of demand, with what each group makes of it: those that fit first."""

    shape: str
    count: int
    kind: str
    verdicts: tuple[GroupVerdict, ...]

    @property
    def told(self) -> list[GroupVerdict]:
        """The verdicts, equal ones once with the names of their groups."""
        groups: dict[tuple[bool, str], list[str]] = {}
        for one in self.verdicts:
            groups.setdefault((one.fits, one.words), []).append(one.group)
        return [
            GroupVerdict(group=_names(names), fits=fits, words=words)
            for (fits, words), names in groups.items()
        ]


def explained(request: PlanRequest) -> Iterator[DemandLine]:
    """Yield each line of the request's demand with a verdict of each of its groups."""
    look = _Look(request)
    demand = request.demand
    for shape in demand.shapes:
        yield look.line(_need(shape), shape=_shape(shape), count=shape.count, kind="tasks, actors")
    for gang, count in alike(demand.gangs):
        needs = gang_needs(gang, look.machines)
        if needs:
            kind = f"{gang.strategy} placement group"
            yield look.line(needs[0], shape=_bundles(gang.bundles), count=count, kind=kind)
    for shape in demand.floors:
        yield look.line(
            _need(shape), shape=_shape(shape), count=shape.count, kind="standing request"
        )


def more_usd(plan: Plan) -> Decimal | None:
    """Return what the plan's launches cost in dollars an hour; None: a price is not known."""
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
        sentences.append(f"{_counted(len(plan.drains), 'node')} would go.")
    if waiting := sum(item.count for item in plan.unserved):
        sentences.append(f"{waiting:,} would have to wait.")
    return " ".join(sentences) or (
        "Nothing to launch: what is there and on its way has room for all of it."
    )


def _launched(plan: Plan) -> str:
    count = sum(launch.count for launch in plan.launches)
    usd = more_usd(plan)
    if usd is None:
        they = "it costs" if count == 1 else "they cost"
        return f"{_counted(count, 'more node')}; what {they} is not known."
    return f"{_counted(count, 'more node')}: {price(usd)} an hour more."


def _names(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMES
    shown = names if more < 2 else names[:MOST_NAMES]
    return ", ".join(shown) + (f" and {more} more groups" if more > 1 else "")


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


class _Look:
    """The machines of each group and how far each may still grow, looked up once."""

    def __init__(self, request: PlanRequest) -> None:
        self.groups = request.groups
        self.machines = candidates(request)
        self._limits = Limits(request, kept=pending_or_ready(request.nodes))
        self._rooms: dict[int, Room] = {}
        self._of: dict[str, list[Candidate]] = {group.name: [] for group in request.groups}
        for one in self.machines:
            self._of[one.group.name].append(one)

    def line(self, need: Need, *, shape: str, count: int, kind: str) -> DemandLine:
        found = [self._verdict(group, need) for group in self.groups]
        found.sort(key=lambda verdict: not verdict.fits)
        return DemandLine(shape=shape, count=count, kind=kind, verdicts=tuple(found))

    def _verdict(self, group: PlannedGroup, need: Need) -> GroupVerdict:
        most = 1 if need.apart else ANY_NUMBER
        fitting = [
            (one, times)
            for one in self._of[group.name]
            if need.accepts(one.labels)
            and (times := times_in(one.brings, need.amounts, at_most=most))
        ]
        if not fitting:
            words = _misfit(need, self._of[group.name])
            return GroupVerdict(group=group.name, fits=False, words=words)
        rentable = [(one, times) for one, times in fitting if self._room(one).nodes]
        if not rentable:
            words = self._stops(group, [one for one, _ in fitting])
            return GroupVerdict(group=group.name, fits=False, words=words)
        one, times = min(rentable, key=lambda fit: (fit[0].cost / fit[1], fit[0].cost))
        return GroupVerdict(group=group.name, fits=True, words=self._fits(one, times=times))

    def _room(self, one: Candidate) -> Room:
        if id(one) not in self._rooms:
            self._rooms[id(one)] = self._limits.room(one)
        return self._rooms[id(one)]

    def _fits(self, one: Candidate, *, times: int) -> str:
        each = "any number" if times == ANY_NUMBER else f"{times:,}"
        more = _counted(self._room(one).nodes, "more node")
        return f"fits: {each} of it on one node of {machine(one)}, {more} possible"

    def _stops(self, group: PlannedGroup, machines: Sequence[Candidate]) -> str:
        """Return what stops the machines, without the group's name: it stands beside."""
        stops = dict.fromkeys(self._room(one).stop for one in machines)
        bare = [
            stop.removeprefix(f"group {group.name} is ").removeprefix(f"group {group.name} ")
            for stop in stops
        ]
        return "; ".join(bare[:MOST_STOPS])


def _misfit(need: Need, machines: Sequence[Candidate]) -> str:
    """Say why no empty node of these could take one of `need`."""
    if not machines:
        return "nothing that it could rent"
    most: dict[str, int] = {}
    for one in machines:
        most |= {name: max(amount, most.get(name, 0)) for name, amount in one.brings.items()}
    if missing := sorted(need.amounts.keys() - most.keys()):
        return f"no {' or '.join(missing)}"
    if large := sorted(name for name in need.amounts if need.amounts[name] > most[name]):
        return f"the largest node has {describe(plain({name: most[name] for name in large}))}"
    if not any(need.accepts(one.labels) for one in machines):
        return f"no label {' and '.join(one.words for one in need.selectors)}"
    return "not all of it on one node"


def _need(shape: Shape) -> Need:
    return Need(amounts=exact(shape.resources), count=shape.count, selectors=shape.selectors)


def _shape(shape: Shape) -> str:
    labels = " and ".join(one.words for one in shape.selectors)
    return f"{describe(shape.resources)} on {labels}" if labels else describe(shape.resources)


def _bundles(bundles: Sequence[Resources]) -> str:
    """Return the bundles, equal ones once with their number."""
    counts: dict[str, int] = {}
    for bundle in bundles:
        counts[describe(bundle)] = counts.get(describe(bundle), 0) + 1
    words = [f"{count} × {shape}" for shape, count in counts.items()]
    more = len(words) - MOST_BUNDLES
    return " + ".join(words[:MOST_BUNDLES]) + (f" + {more} more" if more > 0 else "")
