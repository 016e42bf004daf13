"""Demand as keys that can be counted."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from benchmarks.planning.answer import Load
from domain.demand import LabelSelector, Resources, Shape

_STEPS = 10_000  # as Ray counts

type Amounts = tuple[tuple[str, int], ...]


class Item(NamedTuple):
    resources: Amounts
    selectors: tuple[LabelSelector, ...] = ()


def amounts(resources: Resources) -> Amounts:
    """Return resources as whole numbers, in an order of their own."""
    return tuple(
        (name, round(amount * _STEPS)) for name, amount in sorted(resources.items()) if amount > 0
    )


def item(shape: Shape) -> Item:
    return Item(amounts(shape.resources), shape.selectors)


def together(bundles: Iterable[Amounts]) -> Amounts:
    """Return the sum of several amounts."""
    total = Counter[str]()
    for bundle in bundles:
        total.update(dict(bundle))
    return tuple(sorted(total.items()))


def load_items(loads: Iterable[Load]) -> Iterator[tuple[int, Counter[Item]]]:
    """Yield how many nodes hold what."""
    for load in loads:
        content = Counter[Item]()
        for shape in load.shapes:
            content[item(shape)] += shape.count
        yield load.count, content
