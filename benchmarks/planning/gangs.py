"""Whether placement groups have their places: which bundles on nodes belong to which group.

A node's content tells bundles by their resources only, so groups are settled one after the other:
those that want one node first, then those that want many, then those that take any. A bundle goes
to the node that holds most of its kind, which for equal bundles finds a way whenever there is one.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from benchmarks.planning.items import Amounts, Item, amounts, together
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
    nodes = [Counter(content) for count, content in contents for _ in range(count)]
    wrong = [
        f"A {gang.strategy} placement group of {len(gang.bundles)} bundles has no place."
        for gang in sorted(
            gangs, key=lambda gang: (_ORDER.index(gang.strategy), -len(gang.bundles))
        )
        if not (_settle(gang, nodes) or _is_unplaced(gang, rest.unplaced))
    ]
    for node in nodes:
        rest.items.update(+node)
    return rest, wrong


def _settle(gang: Gang, nodes: list[Counter[Item]]) -> bool:
    bundles = [amounts(bundle) for bundle in gang.bundles]
    if gang.strategy is Strategy.STRICT_PACK:
        return _settle_on_one(bundles, nodes)
    return _settle_on_many(bundles, nodes, apart=gang.strategy is Strategy.STRICT_SPREAD)


def _settle_on_one(bundles: list[Amounts], nodes: list[Counter[Item]]) -> bool:
    """Planners write such a group as one item, or as its bundles on one node."""
    for wanted in (Counter([Item(together(bundles))]), Counter(map(Item, bundles))):
        for node in nodes:
            if wanted <= node:
                node.subtract(wanted)
                return True
    return False


def _settle_on_many(bundles: list[Amounts], nodes: list[Counter[Item]], *, apart: bool) -> bool:
    taken: list[tuple[int, Item]] = []
    for wanted in map(Item, bundles):
        used = {node for node, _ in taken} if apart else set()
        free = [node for node in range(len(nodes)) if node not in used and nodes[node][wanted] > 0]
        if not free:
            for node, item in taken:
                nodes[node][item] += 1
            return False
        chosen = max(free, key=lambda node: nodes[node][wanted])
        nodes[chosen][wanted] -= 1
        taken.append((chosen, wanted))
    return True


def _is_unplaced(gang: Gang, unplaced: Counter[Amounts]) -> bool:
    bundles = [amounts(bundle) for bundle in gang.bundles]
    for wanted in (Counter(bundles), Counter([together(bundles)])):
        if wanted <= unplaced:
            unplaced.subtract(wanted)
            return True
    return False
