"""Traces of our own: what Ray's benchmark does not have, from placement groups to limits."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from math import ceil
from random import Random

from benchmarks.planning.instance import Instance, NodeType, Standing
from benchmarks.planning.instances.catalogue import catalogue, gpu_model
from benchmarks.planning.instances.traces import CPU_SHAPES, cpumem, grouped, seeded
from domain.demand import (
    Demand,
    Gang,
    LabelSelector,
    Resources,
    Shape,
    Strategy,
    plain_bundles,
)
from domain.quantities import GIB

_HUGE_SHAPES = 2_000
_MEMORY_SHAPES: tuple[Resources, ...] = (
    {"CPU": 1.0, "memory": 4.0 * GIB},
    {"CPU": 1.0, "memory": 6.0 * GIB},
    {"CPU": 2.0, "memory": 15.0 * GIB},
    {"CPU": 1.0, "memory": 12.0 * GIB},
    {"CPU": 4.0, "memory": 28.0 * GIB},
)
# (CPUs, GiB) of bundles; no single task has the same, so a plan's bundles can be told from tasks.
_BUNDLES = ((1.5, 3), (2.5, 10), (4.5, 9), (6.5, 26))


def placement(random: Random, types: tuple[NodeType, ...], size: int) -> Instance:
    """Half of the demand in placement groups of all four strategies."""
    gangs, bundles = [], 0
    while bundles < size // 2:
        gang = _gang(random)
        gangs.append(gang)
        bundles += len(gang.bundles)
    shapes = cpumem(random, size - bundles)
    return _instance(types, Demand(shapes=shapes, gangs=tuple(gangs)))


def gpumodels(random: Random, types: tuple[NodeType, ...], size: int) -> Instance:
    """Whole and half GPUs, of any model or of a named one, beside tasks without."""
    models = [model for model in ("T4", "A10G", "L4", "V100") if _offered(model, types)]
    named = [_of_model(model) for model in models]
    any_model: list[Resources] = [
        {"CPU": 1.0, "GPU": 0.5, "memory": 4.0 * GIB},
        {"CPU": 4.0, "GPU": 1.0, "memory": 12.0 * GIB},
        {"CPU": 20.0, "GPU": 4.0, "memory": 90.0 * GIB},
    ]
    plain = [*CPU_SHAPES[:4], *any_model]
    weights = [20, 5, 10, 5, 12, 8, 3, *(12 / len(named) for _ in named)]
    shapes = grouped(random.choices([*plain, *named], weights, k=size))
    return _instance(tuple(map(_with_model, types)), Demand(shapes=shapes))


def groupmax(random: Random, types: tuple[NodeType, ...], size: int) -> Instance:
    """Prices as on the spot market; a type may serve a seventh of the CPUs: the cheap run out."""
    priced = _spot_prices(random, types)
    shapes = cpumem(random, size)
    cpus = _total(shapes, "CPU")
    limited = tuple(
        replace(type_, max_nodes=ceil(cpus / 7 / type_.resources["CPU"])) for type_ in priced
    )
    return _instance(limited, Demand(shapes=shapes))


def cpumax(random: Random, types: tuple[NodeType, ...], size: int) -> Instance:
    """A fifth more CPUs are allowed than are asked for, and machines with much memory are dear.

    Without that limit cheaper machines would be rented for their memory, their CPUs left idle.
    """
    priced = tuple(
        replace(type_, hourly_usd=type_.hourly_usd * _scarcity(random, type_)) for type_ in types
    )
    shapes = grouped(random.choices(_MEMORY_SHAPES, k=size))
    most = ceil(1.2 * _total(shapes, "CPU")) + 8
    return replace(_instance(priced, Demand(shapes=shapes)), max_resources={"CPU": float(most)})


def scarce(random: Random, types: tuple[NodeType, ...], size: int) -> Instance:
    """The cluster may have two thirds of the CPUs that are asked for."""
    shapes = cpumem(random, size)
    most = float(int(_total(shapes, "CPU") * 2 / 3))
    instance = _instance(types, Demand(shapes=shapes))
    return replace(instance, max_resources={"CPU": most}, all_fit=False)


def halffull(random: Random, types: tuple[NodeType, ...], size: int) -> Instance:
    """A cluster whose nodes have rests of many sizes, which serve about a third of the demand."""
    shapes = cpumem(random, size)
    wanted, nodes = _total(shapes, "CPU") / 3, Counter[tuple[str, float, float]]()
    rented = [type_ for type_ in types if "GPU" not in type_.resources]
    while wanted > 0:
        type_, left = random.choice(rented), random.choice((0.25, 0.5, 0.75))
        cpus = type_.resources["CPU"] * left
        memory = type_.resources["memory"] * random.choice((0.25, 0.5, 0.75))
        nodes[type_.name, float(cpus), float(memory)] += 1
        wanted -= cpus
    standing = tuple(
        Standing(type=name, free={"CPU": cpus, "memory": memory}, count=count)
        for (name, cpus, memory), count in sorted(nodes.items())
    )
    return replace(_instance(types, Demand(shapes=shapes)), standing=standing)


def labels(random: Random, types: tuple[NodeType, ...], size: int) -> Instance:
    """Tasks that want a family of machines, or any but some."""
    selectors = [
        (),
        (LabelSelector(key="kind", operator="in", values=("m",)),),
        (LabelSelector(key="kind", operator="in", values=("m", "r")),),
        (LabelSelector(key="kind", operator="not in", values=("c",)),),
        (LabelSelector(key="size", operator="in", values=("xlarge", "2xlarge")),),
    ]
    counts = Counter(
        (index, number)
        for index, number in zip(
            random.choices(range(len(selectors)), [40, 15, 15, 15, 15], k=size),
            random.choices(range(len(CPU_SHAPES)), [40, 10, 20, 10, 12, 8], k=size),
            strict=True,
        )
    )
    shapes = tuple(
        Shape(resources=CPU_SHAPES[number], count=count, selectors=selectors[index])
        for (index, number), count in sorted(counts.items())
    )
    return _instance(tuple(map(_with_labels, types)), Demand(shapes=shapes))


def huge(random: Random, types: tuple[NodeType, ...], size: int) -> Instance:
    """Two thousand shapes."""
    sizes = random.sample(
        [(cpus, gib) for cpus in range(1, 65) for gib in range(1, 129)], k=_HUGE_SHAPES
    )
    pool = [{"CPU": cpus / 2, "memory": gib * GIB / 2} for cpus, gib in sizes]
    each = [*pool, *random.choices(pool, k=size - _HUGE_SHAPES)]
    return _instance(types, Demand(shapes=grouped(each)))


OWN_TRACES: dict[str, Callable[[Random, tuple[NodeType, ...], int], Instance]] = {
    "placement": placement,
    "gpumodels": gpumodels,
    "groupmax": groupmax,
    "cpumax": cpumax,
    "scarce": scarce,
    "halffull": halffull,
    "labels": labels,
    "huge": huge,
}


def own_instance(name: str, *, size: int, types: int, seed: int) -> Instance:
    """Return one instance of a trace of our own."""
    made = OWN_TRACES[name](seeded(name, size, seed), catalogue(types), size)
    return replace(made, trace=name, size=size, seed=seed)


def _instance(types: tuple[NodeType, ...], demand: Demand) -> Instance:
    return Instance(trace="", size=0, seed=0, types=types, demand=demand)


def _spot_prices(random: Random, types: tuple[NodeType, ...]) -> tuple[NodeType, ...]:
    """Each price between three and nine tenths of what is listed, whatever the size."""
    factors = {type_.name: Decimal(random.randint(30, 90)) / 100 for type_ in types}
    return tuple(
        replace(type_, hourly_usd=type_.hourly_usd * factors[type_.name]) for type_ in types
    )


def _scarcity(random: Random, type_: NodeType) -> Decimal:
    """Return which part of its list price a type costs where memory is scarce."""
    percent = {"c": 30, "m": 50}.get(type_.name[0], 90) + random.randint(-5, 5)
    return Decimal(percent) / 100


def _gang(random: Random) -> Gang:
    strategy = random.choice(tuple(Strategy))
    cpus, gib = random.choice(_BUNDLES)
    count = random.randint(2, 4 if strategy is Strategy.STRICT_PACK else 8)
    bundle = {"CPU": cpus, "memory": float(gib) * GIB}
    return Gang(strategy=strategy, bundles=plain_bundles([bundle] * count))


def _offered(model: str, types: tuple[NodeType, ...]) -> bool:
    return any(gpu_model(type_.name) == model for type_ in types)


def _of_model(model: str) -> Resources:
    """As Ray writes a task with `accelerator_type`: a thousandth of what each such node has."""
    return {
        "CPU": 3.0,
        "GPU": 1.0,
        "memory": 10.0 * GIB,
        f"accelerator_type:{model}": 0.001,
    }


def _with_model(type_: NodeType) -> NodeType:
    model = gpu_model(type_.name)
    if model is None:
        return type_
    return replace(type_, resources={**type_.resources, f"accelerator_type:{model}": 1.0})


def _with_labels(type_: NodeType) -> NodeType:
    family, size = type_.name.split(".")
    return replace(type_, labels={"kind": family[0], "family": family, "size": size})


def _total(shapes: tuple[Shape, ...], name: str) -> float:
    return sum(shape.resources.get(name, 0.0) * shape.count for shape in shapes)
