"""Small instances for the tests of the planner's benchmark."""

from collections.abc import Mapping
from decimal import Decimal

from benchmarks.planning.answer import Answer, Load
from benchmarks.planning.instance import Instance, NodeType, Standing
from domain.demand import Demand, Gang, LabelSelector, Shape, Strategy, plain_bundles

FOUR = NodeType(name="four", resources={"CPU": 4.0}, hourly_usd=Decimal("0.4"))
NINE = NodeType(name="nine", resources={"CPU": 9.0}, hourly_usd=Decimal("0.8"))
ON_M = LabelSelector(key="kind", operator="in", values=("m",))


def cpus(amount: float, count: int = 1, *selectors: LabelSelector) -> Shape:
    return Shape(resources={"CPU": amount}, count=count, selectors=selectors)


def gang(strategy: Strategy, *bundles: float) -> Gang:
    return Gang(strategy=strategy, bundles=plain_bundles({"CPU": amount} for amount in bundles))


def instance(
    *shapes: Shape,
    gangs: tuple[Gang, ...] = (),
    types: tuple[NodeType, ...] = (FOUR, NINE),
    standing: tuple[Standing, ...] = (),
    max_resources: Mapping[str, float] | None = None,
    all_fit: bool = True,
) -> Instance:
    return Instance(
        trace="small",
        size=1,
        seed=1,
        types=types,
        demand=Demand(shapes=shapes, gangs=gangs),
        standing=standing,
        max_resources=max_resources or {},
        all_fit=all_fit,
    )


def standing(free: float, count: int = 1, *, of: str = "four") -> Standing:
    return Standing(type=of, free={"CPU": free}, count=count)


def load(type_: str, *shapes: Shape, count: int = 1) -> Load:
    return Load(type=type_, count=count, shapes=shapes)


def answer(*loads: Load, unplaced: tuple[Shape, ...] = (), usd: str = "") -> Answer:
    prices = {"four": Decimal("0.4"), "nine": Decimal("0.8")}
    right = sum((prices.get(each.type, Decimal(0)) * each.count for each in loads), Decimal(0))
    return Answer(loads=loads, unplaced=unplaced, usd=Decimal(usd) if usd else right)
