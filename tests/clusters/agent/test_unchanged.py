"""A report without news writes when the agent spoke, and nothing that changes is passed over."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from accounts.models import User
from clusters.agent import sync, unchanged
from clusters.models import Cluster, Job, Node, Run
from clusters.services import node_logs
from metering.models import Intake
from tests.clusters.head import Head
from tests.clusters.situations import submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(head: Head, monkeypatch: pytest.MonkeyPatch) -> Head:
    """A head with a worker whose last report was stored; `whole` counts those stored after it."""
    head.wants(1, CPU=2.0)
    head.report()
    head.pass_by()
    head.wants(0)
    for _ in range(2):
        head.report()
        head.pass_by()
    ordinary = sync.apply_report

    def counted(cluster: Cluster, report: Any) -> Any:
        head.whole += 1  # type: ignore[attr-defined]
        return ordinary(cluster, report)

    head.whole = 0  # type: ignore[attr-defined]
    monkeypatch.setattr(sync, "apply_report", counted)
    head.report()
    assert head.whole == 0  # type: ignore[attr-defined]
    return head


def whole(head: Head) -> int:
    return int(head.whole)  # type: ignore[attr-defined]


def run_of(head: Head) -> Run:
    return Run.objects.get(cluster=head.cluster)


def ago(head: Head, **by: timedelta) -> None:
    Run.objects.filter(cluster=head.cluster).update(
        **{name: now() - length for name, length in by.items()}
    )


def test_report_without_news_is_one_read_and_one_write(told: Head) -> None:
    ago(told, agent_seen_at=timedelta(seconds=9))
    before, body = run_of(told), told.body()
    with CaptureQueriesContext(connection) as asked:
        answer = told.post(body).json()
    assert [query["sql"].split()[0] for query in asked] == ["SELECT", "UPDATE"]
    after = run_of(told)
    assert after.agent_seen_at
    assert after.agent_seen_at > now() - timedelta(seconds=5)
    before.agent_seen_at = after.agent_seen_at
    names = [field.attname for field in Run._meta.concrete_fields]
    assert [getattr(before, n) for n in names] == [getattr(after, n) for n in names]
    assert answer["interval"] == sync.CALM_SECONDS


def test_its_answer_is_that_of_a_report_that_is_stored(told: Head) -> None:
    samples = [{"node": told.nodes()[0].name, "at": now().timestamp(), "cpu_cores": 0.5}]
    short = told.report(seq=7, samples=samples)
    assert whole(told) == 0
    Run.objects.update(report_digest="")
    assert told.report(seq=7, samples=samples) == short
    assert whole(told) == 1


def test_its_samples_are_recorded_once(told: Head) -> None:
    sample = {"node": told.nodes()[0].name, "at": now().timestamp(), "cpu_cores": 0.5}
    for _ in range(2):
        assert told.report(seq=5, samples=[sample])["samples_acked"] == 5
    intake = Intake.objects.get(cluster_id=told.cluster.pk)
    assert (whole(told), intake.accepted, intake.repeated) == (0, 1, 1)


def test_bad_samples_are_refused_and_nothing_is_stored(told: Head) -> None:
    ago(told, agent_seen_at=timedelta(seconds=9))
    seen = run_of(told).agent_seen_at
    bad = [{"node": told.nodes()[0].name, "at": "yesterday"}]
    answer = told.post(told.body(samples=bad))
    assert (answer.status_code, whole(told)) == (400, 0)
    assert answer.json()["error"].startswith("Invalid report:")
    assert run_of(told).agent_seen_at == seen


def _of_node(**fields: Any) -> Callable[[Head], dict[str, Any]]:
    def changed(head: Head) -> dict[str, Any]:
        nodes = head.body()["nodes"]
        return {"nodes": [*nodes[:-1], nodes[-1] | fields]}

    return changed


NEWS: dict[str, Callable[[Head], dict[str, Any]]] = {
    "demand": lambda _: {
        "demand": {"shapes": [{"resources": {"CPU": 2}, "count": 1}], "gangs": []}
    },
    "drivers": lambda _: {"drivers": 1},
    "actors": lambda _: {"active_actors": 1},
    "session": lambda _: {"session": "session_2"},
    "Ray's version": lambda _: {"ray_version": "2.61.0"},
    "Python's version": lambda _: {"python_version": "3.14.0"},
    "health": lambda _: {"healthy": False},
    "a dead node": lambda _: {"dead": [{"node": "x", "ray_node_id": "y", "reason": None}]},
    "jobs": lambda _: {"jobs": [{"submission_id": "a", "status": "RUNNING"}]},
    "a log": lambda _: {"logs": [{"submission_id": "a", "offset": 0, "text": "x"}]},
    "a node's log": lambda head: {
        "node_logs": [
            {"node": head.nodes()[0].name, "file": "a.out", "offset": 0, "text": "x", "size": 1}
        ]
    },
    "results": lambda _: {"results": [{"id": "00000000-0000-0000-0000-000000000000", "ok": True}]},
    "a node less": lambda head: {"nodes": head.body()["nodes"][:-1]},
    "an idle node": _of_node(status="IDLE", idle_seconds=1.0),
    "Ray's id": _of_node(ray_node_id="other"),
    "an address": _of_node(address="127.0.0.9"),
    "a node's actors": _of_node(actors=3),
    "a node's resources": _of_node(total={"CPU": 9}),
    "free resources": _of_node(available={"CPU": 1}),
}


@pytest.mark.parametrize("change", NEWS.values(), ids=NEWS.keys())
def test_news_are_stored(told: Head, change: Callable[[Head], dict[str, Any]]) -> None:
    told.report(**change(told))
    assert whole(told) == 1


ROWS: dict[str, Callable[[Head, User], object]] = {
    "a node moves": lambda head, _: Node.objects.filter(pk=head.nodes()[0].pk).update(
        state="draining"
    ),
    "a command waits": submit,
    "logs are read": lambda head, by: node_logs.follow_node_logs(head.nodes()[0], by=by),
    "the last one is old": lambda head, _: ago(head, report_at=timedelta(seconds=61)),
    "the clock was set back": lambda head, _: ago(head, report_at=-timedelta(seconds=9)),
}


@pytest.mark.parametrize("change", ROWS.values(), ids=ROWS.keys())
def test_report_is_stored_where_more_than_itself_matters(
    told: Head, alice: User, change: Callable[[Head, User], object]
) -> None:
    change(told, alice)
    told.report()
    assert whole(told) == 1


def test_idle_node_is_no_news_for_as_long_as_it_idles(told: Head) -> None:
    name = told.nodes()[0].name
    told.idle[name] = 100.0
    told.report()
    ago(told, report_at=timedelta(seconds=20))
    told.idle[name] = 120.0
    told.report()
    assert whole(told) == 1


def test_node_that_was_used_between_two_reports_idles_anew(told: Head) -> None:
    node = told.nodes()[0]
    told.idle[node.name] = 100.0
    told.report()
    ago(told, report_at=timedelta(seconds=20))
    told.idle[node.name] = 3.0
    told.report()
    node.refresh_from_db()
    assert whole(told) == 2
    assert node.idle_since
    assert timedelta(seconds=2) < now() - node.idle_since < timedelta(seconds=30)


def test_node_that_ray_forgot_is_missed_though_the_report_stays_the_same(told: Head) -> None:
    told.silent.add(told.nodes()[0].name)
    for count in (1, 2, 3):
        told.report()
        assert whole(told) == count
    Node.objects.filter(role="worker").update(missing_since=now() - timedelta(seconds=31))
    told.report()
    assert Node.objects.get(role="worker").state == "terminating"


def test_node_that_joins_is_seen_though_the_report_stays_the_same(told: Head) -> None:
    node = told.nodes()[0]
    Node.objects.filter(pk=node.pk).update(state="booting", ready_at=None)
    told.report()
    node.refresh_from_db()
    assert node.state == "ready"


def test_run_that_ends_meanwhile_is_not_written_to(
    told: Head, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ends(*_: object) -> bool:
        Run.objects.update(ended_at=now(), agent_seen_at=None)
        Cluster.objects.update(state="stopped", target="stopped")
        return True

    monkeypatch.setattr(sync, "is_unchanged", ends)
    assert told.post(told.body()).status_code == 410
    assert run_of(told).agent_seen_at is None


def test_report_of_the_run_before_is_refused(told: Head) -> None:
    from clusters import runs

    told.cluster.refresh_from_db()
    runs.begin(told.cluster)
    assert told.post(told.body(run=1)).status_code == 410


@pytest.mark.parametrize("nodes", [None, 7, ["x"], [None], {"a": 1}], ids=str)
def test_what_cannot_be_compared_has_no_digest(nodes: object) -> None:
    assert unchanged.digest_of({"nodes": nodes}) == ""


def test_jobs_of_a_report_that_says_nothing_else_new_are_stored(told: Head) -> None:
    told.report(jobs=[{"submission_id": "j1", "status": "RUNNING"}])
    assert Job.objects.get().status == "RUNNING"
