"""What holds for every plan, whatever the cluster and the demand."""

from collections import Counter
from dataclasses import replace

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from domain.demand import Bundle, Demand, Gang, LabelSelector, Shape, Strategy
from domain.planner import NodeView, Plan, PlannedGroup, PlanRequest, plan
from domain.planner.explanation.causes import SourceKind
from tests.domain.planning import LEAVING, PENDING, READY, carried_out, group, node

NAMES = ("cpu", "big", "gpu", "odd")
amounts = st.fixed_dictionaries(
    {},
    optional={
        "CPU": st.sampled_from([0.5, 1.0, 2.0, 3.0, 8.0]),
        "GPU": st.sampled_from([0.25, 0.3, 0.6, 1.0, 2.0]),
        "memory": st.sampled_from([2.0**30, 2.0**32]),
        "odd": st.just(1.0),
    },
)
capacities = st.fixed_dictionaries(
    {"CPU": st.sampled_from([1.0, 2.0, 4.0, 16.0])},
    optional={
        "GPU": st.sampled_from([1.0, 4.0]),
        "memory": st.sampled_from([2.0**31, 2.0**33]),
        "odd": st.just(2.0),
    },
)
selectors = st.lists(
    st.builds(
        LabelSelector,
        key=st.just("zone"),
        operator=st.sampled_from(["in", "not in", "exists", "does not exist"]),
        values=st.sampled_from([("a",), ("a", "b"), ("c",)]),
    ),
    max_size=1,
).map(tuple)
fallbacks = st.lists(selectors, max_size=2).map(tuple)
shapes = st.builds(
    Shape,
    resources=amounts,
    count=st.integers(0, 30),
    selectors=selectors,
    fallbacks=fallbacks,
)
bundles = st.builds(
    Bundle, resources=amounts.filter(bool), selectors=selectors, fallbacks=fallbacks
)
gangs = st.builds(
    Gang,
    strategy=st.sampled_from(Strategy),
    bundles=st.lists(bundles, max_size=4).map(tuple),
)
demands = st.builds(
    Demand,
    shapes=st.lists(shapes, max_size=5).map(tuple),
    gangs=st.lists(gangs, max_size=3).map(tuple),
    standing_requests=st.lists(shapes, max_size=2).map(tuple),
)


@st.composite
def groups(draw: st.DrawFn, *, most: st.SearchStrategy[int]) -> tuple[PlannedGroup, ...]:
    return tuple(
        group(
            name,
            draw(capacities),
            least=draw(st.integers(0, 3)),
            most=draw(most),
            labels=draw(st.sampled_from([{}, {"zone": "a"}, {"zone": "b"}])),
        )
        for name in draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=4))
    )


@st.composite
def nodes(draw: st.DrawFn, of: tuple[PlannedGroup, ...]) -> tuple[NodeView, ...]:
    possible = (*of, group("former"))
    found = []
    for number in range(draw(st.integers(0, 8))):
        its = draw(st.sampled_from(possible))
        phase = draw(st.sampled_from([READY, READY, PENDING, LEAVING]))
        part = draw(st.sampled_from([0.0, 0.5, 1.0])) if phase is READY else 1.0
        free = {name: amount * part for name, amount in its.offers[0].resources.items()}
        idle = draw(st.sampled_from([None, 0.0, 59.0, 60.0, 500.0])) if part == 1.0 else None
        age = draw(st.sampled_from([1.0, 100.0]))
        found.append(node(f"n-{number}", its, phase=phase, free=free, idle=idle, age=age))
    return tuple(found)


@st.composite
def requests(draw: st.DrawFn, *, limited: bool = True) -> PlanRequest:
    of = draw(groups(most=st.integers(0, 6) if limited else st.just(10**9)))
    if limited and draw(st.booleans()):
        of = tuple(replace(one, cooling="no capacity") if one.name == "cpu" else one for one in of)
    limits = st.fixed_dictionaries({}, optional={"CPU": st.sampled_from([0.0, 4.0, 40.0])})
    head = draw(st.sampled_from([{}, {"CPU": 2.0}]))
    return PlanRequest(
        groups=of,
        nodes=draw(nodes(of)),
        demand=draw(demands),
        autoscaling=draw(st.booleans()) if limited else True,
        head_free=head,
        head_total=head,
        max_resources=draw(limits) if limited else {},
        min_resources=draw(limits),
    )


def counts(request: PlanRequest) -> Counter[str]:
    return Counter(node.group for node in request.nodes if node.phase is not LEAVING)


def total(request: PlanRequest, name: str) -> float:
    workers = [node for node in request.nodes if node.phase is not LEAVING]
    return request.head_total.get(name, 0) + sum(node.total.get(name, 0) for node in workers)


@given(requests())
def test_no_plan_exceeds_the_maximum_of_a_group(request: PlanRequest) -> None:
    after = counts(carried_out(plan(request), request))
    assert all(after[group.name] <= group.max_nodes for group in request.groups)


@given(requests())
def test_no_launch_passes_the_maximum_of_a_resource(request: PlanRequest) -> None:
    answer = plan(request)
    removals = Plan(drains=tuple(drain for drain in answer.drains if not drain.idle))
    after = carried_out(replace(removals, launches=answer.launches), request)
    brings = {group.name: group.offers[0].resources for group in request.groups}
    for name, most in request.max_resources.items():
        if any(name in brings[launch.group] for launch in answer.launches):
            assert total(after, name) <= most


@given(requests())
def test_no_node_is_drained_below_the_minimum_of_its_group(request: PlanRequest) -> None:
    before, answer = counts(request), plan(request)
    after = counts(carried_out(Plan(drains=answer.drains), request))
    for its in request.groups:
        least = min(its.min_nodes, its.max_nodes)
        assert after[its.name] >= min(least, before[its.name])


@given(requests())
def test_a_cooling_group_never_grows(request: PlanRequest) -> None:
    cold = {group.name for group in request.groups if group.cooling}
    assert not any(launch.group in cold for launch in plan(request).launches)


@settings(max_examples=200)
@given(requests())
def test_a_plan_that_was_carried_out_is_followed_by_an_empty_one(request: PlanRequest) -> None:
    answer = plan(request)
    # Idle nodes that go make room for what a maximum had refused, and nodes launched for others
    # for a placement group that had to wait: these are the next plan's.
    assume(not (answer.unserved and any(drain.idle for drain in answer.drains)))
    assume(
        not any(left.cause.source.kind is SourceKind.PLACEMENT_GROUP for left in answer.unserved)
    )
    assert plan(carried_out(answer, request)).is_empty


@given(requests(limited=False))
def test_nothing_waits_that_an_unlimited_group_could_serve(request: PlanRequest) -> None:
    alone = replace(request, demand=Demand(shapes=request.demand.shapes), min_resources={})
    for left in plan(alone).unserved:
        alike = [shape for shape in alone.demand.shapes if shape.resources == left.resources]
        assert any(not could_serve(shape, request) for shape in alike)


def could_serve(wanted: Shape, request: PlanRequest) -> bool:
    return any(
        all(selector.accepts(its.offers[0].labels) for selector in wanted.selectors)
        and all(its.offers[0].resources.get(n, 0) >= a for n, a in wanted.resources.items())
        for its in request.groups
    )


@given(requests())
def test_the_same_request_gives_the_same_plan(request: PlanRequest) -> None:
    assert plan(request) == plan(request)


@given(requests())
def test_the_order_in_which_nodes_are_listed_changes_nothing(request: PlanRequest) -> None:
    reordered = replace(request, nodes=request.nodes[::-1])
    assert plan(reordered) == plan(request)


@given(requests())
def test_every_decision_has_its_reason(request: PlanRequest) -> None:
    answer = plan(request)
    assert all(launch.reason.endswith(".") and launch.count > 0 for launch in answer.launches)
    assert all(drain.reason.startswith(drain.node) for drain in answer.drains)
    assert all(left.reason and left.count > 0 for left in answer.unserved)
