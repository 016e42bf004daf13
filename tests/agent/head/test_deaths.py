"""A death is told with its reason, and long enough to be heard."""

from agent.head.deaths import MOST_ATTEMPTS, TELL_SECONDS, Deaths


def test_a_death_is_told_at_once_and_its_reason_later() -> None:
    deaths = Deaths()
    assert deaths.see({"ab": "w1"}, now=0.0)
    assert not deaths.see({"ab": "w1"}, now=1.0)
    assert deaths.report(now=1.0) == [{"node": "w1", "ray_node_id": "ab", "reason": None}]
    assert deaths.explain([{"raylet": {"nodeId": "ab", "stateMessage": "preempted"}}, {}])
    assert deaths.report(now=1.0)[0]["reason"] == "preempted"
    assert not deaths.unexplained()


def test_ray_is_not_asked_for_ever() -> None:
    deaths = Deaths()
    deaths.see({"ab": "w1"}, now=0.0)
    for _ in range(MOST_ATTEMPTS):
        assert deaths.unexplained()
        deaths.explain([])
    assert not deaths.unexplained()


def test_a_death_nobody_heard_of_is_told_after_any_outage() -> None:
    deaths = Deaths()
    deaths.see({"ab": "w1"}, now=0.0)
    late = TELL_SECONDS + 1.0
    assert deaths.report(now=late)
    deaths.acknowledge(deaths.report(now=late))
    assert deaths.report(now=late) == []


def test_what_ray_forgot_and_mobula_heard_is_forgotten() -> None:
    deaths = Deaths()
    deaths.see({"ab": "w1", "cd": "w2"}, now=0.0)
    deaths.acknowledge([{"ray_node_id": "ab"}])
    deaths.see({}, now=1.0)
    assert [death["node"] for death in deaths.report(now=1.0)] == ["w2"]
