"""Whether an answer is one: nothing here is shared with a planner.

A plan says what each new node is for. What it leaves out must fit into the nodes that stand
already, which is shown by packing it there. Instances have either placement groups or standing
nodes, not both.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from benchmarks.planning.answer import Answer, Load, cost
from benchmarks.planning.instance import Instance, NodeType
from benchmarks.planning.verification.gangs import unsettled_gangs
from benchmarks.planning.verification.items import Amounts, Item, amounts, item, load_items
from benchmarks.planning.verification.repacking import Place, can_host

_CENT_OF_A_CENT = Decimal("0.0001")


def problems(instance: Instance, answer: Answer) -> list[str]:
    """Return what is wrong with an answer, in sentences; nothing if it is right."""
    loads = [load for load in answer.loads if load.count]
    unknown = {load.type for load in loads} - {type_.name for type_ in instance.types}
    if unknown:
        return [f"There are no types {', '.join(sorted(unknown))}."]
    return [
        *limit_problems(instance, answer.launches),
        *_price_problems(instance, answer),
        *(problem for load in loads for problem in _load_problems(load, instance.type(load.type))),
        *_service_problems(instance, answer, loads),
    ]


def limit_problems(instance: Instance, launches: Mapping[str, int]) -> Iterator[str]:
    """Yield which limits so many new nodes exceed."""
    nodes = Counter(launches)
    for standing in instance.standing:
        nodes[standing.type] += standing.count
    for type_ in instance.types:
        if launches.get(type_.name, 0) and nodes[type_.name] > type_.max_nodes:
            yield f"{nodes[type_.name]} nodes of {type_.name}, {type_.max_nodes} at most."
    for name, most in instance.max_resources.items():
        total = sum(
            instance.type(type_).resources.get(name, 0) * count for type_, count in nodes.items()
        )
        if total > most + 1e-6:
            yield f"{total:g} {name} in the cluster, {most:g} at most."


def hosts_all(instance: Instance, launches: Mapping[str, int], *, unplaced: int) -> bool | None:
    """Return whether so many nodes can host the demand; None when that is not known.

    For planners that do not say what goes where. Placement groups are not looked at.
    """
    if instance.demand.gangs:
        return None
    places = [*_standing_places(instance), *_new_places(instance, launches)]
    left = can_host(_plain(instance), places, may_fail=unplaced)
    return True if left else None


def _price_problems(instance: Instance, answer: Answer) -> Iterator[str]:
    usd = cost(instance, answer.launches)
    if abs(usd - answer.usd) > _CENT_OF_A_CENT:
        yield f"The nodes cost {usd} an hour, the plan says {answer.usd}."


def _load_problems(load: Load, type_: NodeType) -> Iterator[str]:
    needed = Counter[str]()
    for shape in load.shapes:
        for name, amount in amounts(shape.resources):
            needed[name] += amount * shape.count
        if not all(selector.accepts(type_.labels) for selector in shape.selectors):
            yield f"{type_.name} has not the labels that {dict(shape.resources)} asks for."
    room = dict(amounts(type_.resources))
    for name, amount in needed.items():
        if amount > room.get(name, 0):
            yield f"A {type_.name} with {room.get(name, 0)} {name} is to hold {amount}."


def _service_problems(instance: Instance, answer: Answer, loads: list[Load]) -> Iterator[str]:
    """Yield what is neither placed nor said to be unplaced, and what is placed too often."""
    rest, unsettled = unsettled_gangs(
        instance.demand.gangs, load_items(loads), unplaced=_unplaced(answer)
    )
    yield from unsettled
    wanted = _plain(instance)
    for extra, count in (rest.items - wanted).items():
        yield f"{count} × {extra} are placed that nobody asked for."
    left = wanted - rest.items
    left = _without_unplaced(left, rest.unplaced)
    if left.total() and not can_host(left, list(_standing_places(instance)), may_fail=0):
        example = next(iter(left))
        yield f"{left.total()} demands are placed nowhere, as {example}."


def _without_unplaced(left: Counter[Item], unplaced: Counter[Amounts]) -> Counter[Item]:
    """Take out what the planner says it cannot place, whatever its labels."""
    result, unplaced = Counter(left), Counter(unplaced)
    for key in list(result):
        gone = min(result[key], unplaced[key.resources])
        result[key] -= gone
        unplaced[key.resources] -= gone
    return +result


def _unplaced(answer: Answer) -> Counter[Amounts]:
    counts = Counter[Amounts]()
    for shape in answer.unplaced:
        counts[item(shape).resources] += shape.count
    return counts


def _plain(instance: Instance) -> Counter[Item]:
    counts = Counter[Item]()
    for shape in instance.demand.shapes:
        counts[item(shape)] += shape.count
    return counts


def _standing_places(instance: Instance) -> Iterator[Place]:
    for standing in instance.standing:
        labels = instance.type(standing.type).labels
        yield Place(room=dict(amounts(standing.free)), labels=labels, count=standing.count)


def _new_places(instance: Instance, launches: Mapping[str, int]) -> Iterable[Place]:
    for name, count in launches.items():
        type_ = instance.type(name)
        yield Place(room=dict(amounts(type_.resources)), labels=type_.labels, count=count)
