"""The instances of a run, in the order in which they are measured."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import product

from benchmarks.planning.instance import Instance
from benchmarks.planning.instances.catalogue import catalogue
from benchmarks.planning.instances.own_traces import OWN_TRACES, own_instance
from benchmarks.planning.instances.traces import TRACES, seeded
from domain.demand import Demand

NAMES = (*TRACES, *OWN_TRACES)
HUGE = 100_000


def instances(
    traces: Iterable[str], *, sizes: Sequence[int], types: Sequence[int], seeds: Sequence[int]
) -> Iterator[Instance]:
    """Yield each instance, the small ones first; `huge` has a size of its own and comes last."""
    names = list(traces)
    for size, trace, count, seed in product(sizes, names, types, seeds):
        if trace != "huge":
            yield instance(trace, size=size, types=count, seed=seed)
    for count, seed in product(types, seeds):
        if "huge" in names:
            yield instance("huge", size=HUGE, types=count, seed=seed)


def instance(trace: str, *, size: int, types: int, seed: int) -> Instance:
    """Return the instance of a trace's name, a number of demands and of types, and a seed."""
    if trace in OWN_TRACES:
        return own_instance(trace, size=size, types=types, seed=seed)
    shapes = TRACES[trace](seeded(trace, size, seed), size)
    return Instance(
        trace=trace, size=size, seed=seed, types=catalogue(types), demand=Demand(shapes=shapes)
    )
