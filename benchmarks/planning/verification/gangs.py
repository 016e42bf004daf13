"""Whether placement groups have their places: which bundles on nodes belong to which group.

A node's content tells bundles by their resources only, so groups are settled one after the other:
those that want one node first, then those that want many, then those that take any. A bundle goes
to the node that holds most of its kind, which for equal bundles finds a way whenever there is one.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from benchmarks.planning.verification.items import Amounts, Item, amounts, together
from domain.demand import Gang, Strategy

_ORDER = (Strategy.STRICT_PACK, Strategy.STRICT_SPREAD, Strategy.PACK, Strategy.SPREAD)


@dataclass(kw_only=True)
class Rest:
    """What is left once the placement groups have theirs."""

    items: Counter[Item] = field(default_factory=Counter)
    unplaced: Counter[Amounts]


def unsettled_gangs(
    gangs: Sequence[Gang],
    contents: Iterable[tuple[int, Counter[Item]]],
    *,
    unplaced: Counter[Amounts],
) -> tuple[Rest, list[str]]:
    """Return what else is on the nodes, and a sentence for each group that has no place."""
    rest = Rest(unplaced=Counter(unplaced))
    if not gangs:
        for count, content in contents:
            rest.items.update({item: times * count for item, times in content.items()})
        return rest, []
    nodes = _Nodes(contents)
    wrong = [
        f"A {gang.strategy} placement group of {len(gang.bundles)} bundles has no place."
        for gang in sorted(gangs, key=_order)
        if not (_settle(gang, nodes) or _is_unplaced(gang, rest.unplaced))
    ]
    for content in nodes.contents:
        rest.items.update(+content)
    return rest, wrong


def _order(gang: Gang) -> tuple[int, int]:
    return _ORDER.index(gang.strategy), -len(gang.bundles)


class _Nodes:
    """Each node's content, found by what is in it."""

    def __init__(self, contents: Iterable[tuple[int, Counter[Item]]]) -> None:
        self.contents = [Counter(content) for count, content in contents for _ in range(count)]
        self._holders: dict[Item, set[int]] = {}
        for node, content in enumerate(self.contents):
            for item in content:
                self._holders.setdefault(item, set()).add(node)

    def holding(self, item: Item) -> set[int]:
        return self._holders.get(item, set())

    def take(self, node: int, items: Counter[Item]) -> None:
        self.contents[node].subtract(items)
        for item in items:
            if not self.contents[node][item]:
                self._holders[item].discard(node)

    def put_back(self, node: int, item: Item) -> None:
        self.contents[node][item] += 1
        self._holders[item].add(node)


def _settle(gang: Gang, nodes: _Nodes) -> bool:
    bundles = [amounts(bundle.resources) for bundle in gang.bundles]
    if gang.strategy is Strategy.STRICT_PACK:
        return _settle_on_one(bundles, nodes)
    return _settle_on_many(bundles, nodes, apart=gang.strategy is Strategy.STRICT_SPREAD)


def _settle_on_one(bundles: list[Amounts], nodes: _Nodes) -> bool:
    """Planners write such a group as one item, or as its bundles on one node."""
    for wanted in (Counter([Item(together(bundles))]), Counter(map(Item, bundles))):
        for node in sorted(nodes.holding(next(iter(wanted)))):
            if wanted <= nodes.contents[node]:
                nodes.take(node, wanted)
                return True
    return False


def _settle_on_many(bundles: list[Amounts], nodes: _Nodes, *, apart: bool) -> bool:
    taken: list[tuple[int, Item]] = []
    for wanted in map(Item, bundles):
        used = {node for node, _ in taken} if apart else set()
        free = nodes.holding(wanted) - used
        if not free:
            for node, item in taken:
                nodes.put_back(node, item)
            return False
        chosen = max(free, key=lambda node: (nodes.contents[node][wanted], -node))
        nodes.take(chosen, Counter([wanted]))
        taken.append((chosen, wanted))
    return True


def _is_unplaced(gang: Gang, unplaced: Counter[Amounts]) -> bool:
    bundles = [amounts(bundle.resources) for bundle in gang.bundles]
    for wanted in (Counter(bundles), Counter([together(bundles)])):
        if wanted <= unplaced:
            unplaced.subtract(wanted)
            return True
    return False
