"""Which waiting work starts where: first come first served, on the busiest node that has room.

It stands for Ray's own scheduler and is the same for every policy.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from domain.planner.amounts import Amounts
from domain.simulation.nodes import Grant, PendingWork, RunningWork, SimulatedNode
from domain.simulation.work import Kind

type Queues = dict[Kind, deque[PendingWork]]
type Places = tuple[tuple[SimulatedNode, Amounts, int], ...]


def placed(queues: Queues, nodes: Iterable[SimulatedNode], *, now: int) -> Iterator[RunningWork]:
    """Yield what starts now; takes it out of the queues and holds its resources.

    What does not fit lets others pass, as Ray does: each kind waits in a line of its own.
    """
    ready = [node for node in nodes if node.takes_work]
    waiting = [kind for kind, queue in queues.items() if queue]
    for kind in sorted(waiting, key=lambda kind: (queues[kind][0].arrived, kind.number)):
        starting = _gangs if kind.gang else _tasks
        yield from starting(queues[kind], kind, ready, now)


def _tasks(
    queue: deque[PendingWork], kind: Kind, ready: Sequence[SimulatedNode], now: int
) -> Iterator[RunningWork]:
    (amounts,) = kind.bundles
    for node in _busiest(ready, amounts):
        room = node.holds(amounts, at_most=sum(work.count for work in queue))
        while room and queue:
            count = min(room, queue[0].count)
            room -= count
            yield _started(queue, count, ((node, amounts, count),), now)
        if not queue:
            return


def _gangs(
    queue: deque[PendingWork], kind: Kind, ready: Sequence[SimulatedNode], now: int
) -> Iterator[RunningWork]:
    while queue and (places := _places(kind, ready)):
        yield _started(queue, 1, places, now)


def _started(queue: deque[PendingWork], count: int, places: Places, now: int) -> RunningWork:
    first = queue[0]
    run = RunningWork(
        kind=first.kind,
        arrived=first.arrived,
        seconds=first.seconds,
        count=count,
        started=now,
        places=places,
        again=first.again,
    )
    run.begin()
    first.count -= count
    if not first.count:
        queue.popleft()
    return run


def _places(kind: Kind, ready: Sequence[SimulatedNode]) -> Places:
    """Return where all bundles of a placement group go, or nothing when one has no place."""
    bundles = sorted(kind.bundles, key=lambda amounts: -sum(amounts.values()))
    if not kind.is_packed:
        return _dealt(bundles, ready, apart=kind.is_apart)
    largest = _busiest(ready, bundles[0]) if bundles else []
    ways = (_dealt(bundles, [node], apart=False) for node in largest)
    return next((places for places in ways if places), ())


def _dealt(bundles: Sequence[Amounts], ready: Sequence[SimulatedNode], *, apart: bool) -> Places:
    places: list[tuple[SimulatedNode, Amounts, int]] = []
    grants: list[Grant] = []
    for bundle in bundles:
        taken = {node for node, _, _ in places} if apart else set()
        node = next(
            (ready_node for ready_node in _busiest(ready, bundle) if ready_node not in taken), None
        )
        if node is None:
            break
        grants.append(node.take(bundle, times=1))  # the next bundle must see it
        places.append((node, bundle, 1))
    for (node, bundle, _), grant in zip(places, grants, strict=True):
        node.give_back(bundle, grant, times=1)
    return tuple(places) if len(places) == len(bundles) else ()


def _busiest(ready: Sequence[SimulatedNode], amounts: Amounts) -> list[SimulatedNode]:
    """Return the nodes with room for it, in the order in which they are filled."""
    fitting = [node for node in ready if node.holds(amounts, at_most=1)]
    spares_gpu = "GPU" not in amounts
    return sorted(
        fitting, key=lambda node: (spares_gpu and "GPU" in node.total, not node.runs, node.number)
    )
