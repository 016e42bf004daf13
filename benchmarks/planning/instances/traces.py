"""Demand on an empty cluster: five traces by name, size and seed.

The seed is a string: `Random(str)` does not hang on the hash seed, so every run asks the same.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from random import Random

from domain.demand import Resources, Shape
from domain.quantities import GIB

CPU_SHAPES: tuple[Resources, ...] = (
    {"CPU": 1.0},
    {"CPU": 1.0, "memory": 12.0 * GIB},
    {"CPU": 2.0, "memory": 4.0 * GIB},
    {"CPU": 2.0, "memory": 15.0 * GIB},
    {"CPU": 4.0, "memory": 16.0 * GIB},
    {"CPU": 8.0, "memory": 14.0 * GIB},
)
GPU_SHAPES: tuple[Resources, ...] = (
    {"CPU": 2.0, "GPU": 1.0, "memory": 8.0 * GIB},
    {"CPU": 4.0, "GPU": 1.0, "memory": 14.0 * GIB},
    {"CPU": 16.0, "GPU": 4.0, "memory": 96.0 * GIB},
    {"CPU": 48.0, "GPU": 8.0, "memory": 256.0 * GIB},
)
_ODD_SHAPES: tuple[Resources, ...] = (
    {"CPU": 3.0},
    {"CPU": 5.0},
    {"CPU": 7.0, "memory": 20.0 * GIB},
    {"CPU": 9.0},
    {"CPU": 17.0, "memory": 40.0 * GIB},
)


def uniform1cpu(random: Random, size: int) -> tuple[Shape, ...]:
    """All ask for one CPU."""
    del random
    return (Shape(resources={"CPU": 1.0}, count=size),)


def cpumem(random: Random, size: int) -> tuple[Shape, ...]:
    """Six shapes of CPU and memory."""
    return grouped(random.choices(CPU_SHAPES, [40, 10, 20, 10, 12, 8], k=size))


def gpumix(random: Random, size: int) -> tuple[Shape, ...]:
    """The same six and four with GPUs."""
    weights = [32, 8, 16, 8, 9, 6, 14, 4, 2, 0.5]
    return grouped(random.choices(CPU_SHAPES + GPU_SHAPES, weights, k=size))


def frag(random: Random, size: int) -> tuple[Shape, ...]:
    """Odd numbers of CPUs, which leave rests on every node."""
    return grouped(random.choices(_ODD_SHAPES, k=size))


def manyshapes(random: Random, size: int) -> tuple[Shape, ...]:
    """About 190 shapes."""
    pool = [
        {"CPU": random.randint(1, 32) / 2, "memory": float(random.randint(1, 64)) * GIB / 2}
        for _ in range(200)
    ]
    return grouped(random.choices(pool, k=size))


TRACES: dict[str, Callable[[Random, int], tuple[Shape, ...]]] = {
    "uniform1cpu": uniform1cpu,
    "cpumem": cpumem,
    "gpumix": gpumix,
    "frag": frag,
    "manyshapes": manyshapes,
}


def seeded(name: str, size: int, seed: int) -> Random:
    """Return the random numbers of one instance."""
    return Random(f"{name}/{size}/{seed}")  # noqa: S311 - nothing secret


def grouped(each: Iterable[Resources]) -> tuple[Shape, ...]:
    """Return equal resources as one shape, in the order in which they first occur."""
    counts = Counter(tuple(sorted(resources.items())) for resources in each)
    return tuple(Shape(resources=dict(key), count=count) for key, count in counts.items())
