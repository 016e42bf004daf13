"""Ray's fallback strategy: the first of the label selectors for which a node can be had."""

from dataclasses import replace

import pytest

from domain.demand import Bundle, Demand, Gang, LabelSelector, Resources, Selectors, Shape, Strategy
from domain.planner import plan
from domain.planner.model import ZonePolicy
from domain.planner.verdicts import explained
from tests.domain.planning import carried_out, group, node, offer, request, sizes, why


def zone(*names: str) -> Selectors:
    return (LabelSelector(key="zone", values=names),)


def in_zone(name: str, usd: str, *, most: int = 10, cooling: str = "") -> object:
    return group(
        name, {"CPU": 2.0}, labels={"zone": name}, hourly_usd=usd, most=most, cooling=cooling
    )


A, B, C = in_zone("a", "3"), in_zone("b", "2"), in_zone("c", "1")
CPU: Resources = {"CPU": 2.0}


def work(count: int = 1) -> Demand:
    shape = Shape(resources=CPU, count=count, selectors=zone("a"), fallbacks=(zone("b"), zone("c")))
    return Demand(shapes=(shape,))


def test_the_preferred_nodes_start_though_a_fallback_is_cheaper() -> None:
    assert sizes(plan(request(A, B, C, demand=work()))) == {"a": 1}


@pytest.mark.parametrize(
    "first", [(), (in_zone("a", "3", most=0),), (in_zone("a", "3", cooling="no capacity"),)]
)
def test_the_next_one_is_used_where_the_first_cannot_be_had(first: tuple[object, ...]) -> None:
    assert sizes(plan(request(*first, B, C, demand=work()))) == {"b": 1}


def test_what_the_first_has_no_room_for_goes_on_to_the_next() -> None:
    answer = plan(request(in_zone("a", "3", most=2), in_zone("b", "2", most=1), C, demand=work(6)))
    assert sizes(answer) == {"a": 2, "b": 1, "c": 3}


def test_an_empty_fallback_accepts_any_node() -> None:
    anywhere = Shape(resources=CPU, count=1, selectors=zone("a"), fallbacks=((),))
    assert sizes(plan(request(B, C, demand=Demand(shapes=(anywhere,))))) == {"c": 1}


def test_what_no_alternative_can_serve_waits_and_says_all_of_them() -> None:
    other = group("other", {"CPU": 2.0})
    answer = plan(request(other, demand=work()))
    assert answer.is_empty
    assert why(answer) == [
        "no group has labels with zone in (a), else zone in (b), else zone in (c)"
    ]


def test_a_plan_that_was_carried_out_is_followed_by_an_empty_one() -> None:
    asked = request(in_zone("a", "3", most=2), B, demand=work(5))
    after = carried_out(plan(asked), asked)
    assert plan(after).is_empty


def test_a_fallback_that_is_coming_stays_when_the_preferred_could_be_had_again() -> None:
    short = request(in_zone("a", "3", cooling="no capacity"), B, demand=work(2))
    after = carried_out(plan(short), short)
    again = plan(replace(after, groups=(A, B)))
    assert again.is_empty
    assert not again.unserved


def test_a_free_node_of_the_fallback_serves_where_the_first_cannot() -> None:
    free = (node("n-1", B),)
    assert plan(request(in_zone("a", "3", most=0), B, nodes=free, demand=work())).is_empty


@pytest.mark.parametrize("strategy", Strategy)
def test_bundles_have_fallbacks_of_their_own(strategy: Strategy) -> None:
    bundle = Bundle(resources={"CPU": 1.0}, selectors=zone("a"), fallbacks=(zone("b"),))
    demand = Demand(gangs=(Gang(strategy=strategy, bundles=(bundle, bundle)),))
    assert sizes(plan(request(B, C, demand=demand))).keys() == {"b"}


def test_a_placement_group_takes_the_first_list_of_bundles_that_fits_whole() -> None:
    big = (Bundle(resources={"CPU": 64.0}),)
    small = (Bundle(resources=CPU, selectors=zone("c")),) * 2
    gang = Gang(strategy=Strategy.PACK, bundles=big, fallbacks=(small,))
    assert sizes(plan(request(A, B, C, demand=Demand(gangs=(gang,))))) == {"c": 2}


def test_a_standing_request_has_fallbacks_too() -> None:
    shape = Shape(resources=CPU, count=3, selectors=zone("a"), fallbacks=(zone("b"),))
    demand = Demand(standing_requests=(shape,))
    assert sizes(plan(request(in_zone("a", "3", most=1), B, demand=demand))) == {"a": 1, "b": 2}


def test_a_page_says_which_groups_fit_by_a_fallback() -> None:
    (line,) = explained(request(A, B, demand=work()))
    assert line.shape == "{CPU: 2} on zone in (a), else zone in (b), else zone in (c)"
    words = {verdict.group: verdict.words for verdict in line.verdicts}
    assert words["a"].startswith("fits: 1 of it")
    assert words["b"].startswith("fits by its fallback zone in (b): 1 of it")


def test_the_one_zone_of_a_cluster_is_that_of_the_preferred_nodes() -> None:
    offers = (
        offer(CPU, usd="3", kind="m", zone="a", labels={"zone": "a"}),
        offer(CPU, usd="1", kind="m", zone="b", labels={"zone": "b"}),
    )
    both = group("both", CPU, offers=offers)
    answer = plan(request(both, demand=work(), zones=ZonePolicy.ONE))
    assert [launch.zone for launch in answer.launches] == ["a"]
