"""A report is not to be trusted: user code beside the agent can read its token."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from clusters.agent import jobs
from clusters.models import Cluster, Job, Node, ScalingDecision
from clusters.queries.clusters import log_of
from tests.clusters.head import Head

pytestmark = pytest.mark.django_db


def job(submission_id: str = "j1", **fields: Any) -> dict[str, Any]:
    return {"submission_id": submission_id, "status": "RUNNING"} | fields


def post_raw(head: Head, body: bytes) -> int:
    response = Client().post(
        "/agent/v1/sync",
        data=body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {head.token}"},
    )
    return response.status_code


@pytest.mark.parametrize("body", [b"[" * 200_000, b'{"cluster": NaN}', b'{"a":' * 100_000])
def test_json_that_is_none_is_refused(head: Head, body: bytes) -> None:
    assert post_raw(head, body) == 400


def test_texts_that_cannot_be_stored_do_not_silence_the_agent(head: Head) -> None:
    spoilt = "a\0b\ud800c"
    head.report(
        jobs=[job(entrypoint=spoilt, message=spoilt, metadata={spoilt: spoilt})],
        dead=[{"node": "x", "ray_node_id": "x", "reason": spoilt}],
        session=spoilt,
    )
    row = Job.objects.get()
    assert (row.entrypoint, row.metadata) == ("a b?c", {"a b?c": "a b?c"})


def test_jobs_and_their_texts_are_bounded(head: Head, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "MOST_JOBS", 3)
    metadata = {str(number): "y" * 5_000 for number in range(200)}
    head.report(jobs=[job("x" * 999, entrypoint="e" * 99_999, metadata=metadata), job("b")])
    head.report(jobs=[job("c"), job("d")])  # too many: none of the new ones
    head.report(jobs=[job("b", status="SUCCEEDED")])
    rows = {row.submission_id: row for row in Job.objects.all()}
    assert rows.keys() == {"x" * 200, "b"}
    assert rows["b"].status == "SUCCEEDED"
    first = rows["x" * 200]
    assert len(first.entrypoint) <= 20_000
    assert len(str(first.metadata)) <= 120_000


def test_status_that_ray_does_not_have_is_left_out(head: Head) -> None:
    head.report(jobs=[job(status="<b>HACKED</b>")])
    assert not Job.objects.exists()


def test_jobs_do_not_run_in_the_future(head: Head) -> None:
    head.report(jobs=[job(started_at=4e9, ended_at=9e9)])
    row = Job.objects.get()
    assert row.started_at <= row.ended_at <= now()
    assert row.seconds is not None
    assert row.seconds >= 0


def test_demand_is_cut_to_what_ray_itself_would_report(head: Head) -> None:
    shape = {"resources": {f"r{n}": 1e300 for n in range(110)}, "count": 10**30, "selectors": []}
    gang = {"strategy": "PACK", "bundles": [{"CPU": 1}] * 6_000}
    head.report(
        demand={"shapes": [shape] * 2_100, "gangs": [gang, gang, gang], "standing_requests": []}
    )
    head.cluster.refresh_from_db()
    demand = head.cluster.run.demand
    assert len(demand["shapes"]) == 2_000
    assert (demand["shapes"][0]["count"], len(demand["shapes"][0]["resources"])) == (10**6, 100)
    assert [len(gang["bundles"]) for gang in demand["gangs"]] == [6_000]  # whole or not at all


def test_flood_of_demand_writes_few_decisions(head: Head) -> None:
    for start in (0, 500):
        head.waiting = [
            {"resources": {f"custom-{start + n}": 1.0}, "count": 1, "selectors": []}
            for n in range(100)
        ]
        head.report()
        head.pass_by()
    noted = ScalingDecision.objects.filter(kind="unserved")
    assert noted.count() == 50
    assert all(len(row.demand["waiting"]["shapes"]) == 20 for row in noted)


@pytest.mark.parametrize("amount", ["many", None, [], {}])
def test_node_that_has_no_numbers_is_refused_before_a_page_shows_it(
    head: Head, alice: Any, amount: object
) -> None:
    item = head._node(head.nodes(role="head")[0]) | {"total": {"CPU": amount}, "available": {}}
    assert head.post(head.body(nodes=[item])).status_code == 400
    client = Client()
    client.force_login(alice)
    url = reverse("clusters:detail", args=[head.cluster.pk]) + "?tab=nodes"
    assert client.get(url).status_code == 200


def test_node_of_another_cluster_is_left_alone(head: Head, launch: Any) -> None:
    other = Head(launch("two"))
    other.pass_by()
    victim = other.nodes(role="head")[0]
    before = Node.objects.filter(pk=victim.pk).values().get()
    head.report(
        nodes=[head._node(victim)],
        dead=[{"node": victim.name, "ray_node_id": "", "reason": "x"}],
        samples=[{"node": victim.name, "at": now().timestamp(), "cpu_cores": 1.0}],
    )
    assert Node.objects.filter(pk=victim.pk).values().get() == before


def test_huge_measures_are_cut_so_that_sums_stay_numbers(head: Head) -> None:
    from django.db import connection

    name, at = head.nodes(role="head")[0].name, now()
    moments = [(at - timedelta(seconds=s)).timestamp() for s in (3, 2)]
    head.report(samples=[{"node": name, "at": m, "cpu_cores": 1.7e308} for m in moments])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(cpu_used) FROM metering_sample WHERE cluster_id = %s", [head.cluster.pk]
        )
        assert cursor.fetchone() == (2e15,)


def test_long_piece_of_a_log_is_taken_in_parts(head: Head) -> None:
    head.report(jobs=[job()])
    text = "ä" * jobs.PIECE_LIMIT
    piece = {"submission_id": "j1", "offset": 0, "text": text}
    assert head.report(logs=[piece])["log_offsets"] == {"j1": jobs.PIECE_LIMIT}
    assert Job.objects.get().pieces.get().text == text[: jobs.PIECE_LIMIT // 2]


def test_log_beyond_its_limit_shows_the_end_of_what_is_kept(
    head: Head, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "LOG_LIMIT", 10)
    monkeypatch.setattr("clusters.queries.clusters.LOG_LIMIT", 10)
    monkeypatch.setattr("clusters.queries.clusters.LOG_PAGE", 6)
    head.report(jobs=[job()])
    for offset in range(0, 40, 5):
        head.report(logs=[{"submission_id": "j1", "offset": offset, "text": "line\n"}])
    row = Job.objects.get()
    assert (row.log_bytes, log_of(row).text) == (40, "line\n")


def test_submission_id_cannot_break_the_header_of_a_download(head: Head, alice: Any) -> None:
    row = Job.objects.create(
        cluster=head.cluster, run=head.cluster.run, submission_id='a"; x="\r\nSet-Cookie: b\n.sh'
    )
    client = Client()
    client.force_login(alice)
    response = client.get(reverse("clusters:job-log", args=[head.cluster.pk, row.pk]))
    assert response["Content-Disposition"] == 'attachment; filename="a-x-Set-Cookie-b-.sh.log"'


def test_script_in_what_ray_reports_is_shown_as_text(head: Head, alice: Any) -> None:
    evil = "<script>alert(1)</script>"
    head.report(jobs=[job(evil, entrypoint=evil, message=evil)])
    client = Client()
    client.force_login(alice)
    page = reverse("clusters:detail", args=[head.cluster.pk])
    for url in (page + "?tab=jobs", reverse("clusters:job", args=[head.cluster.pk, 1_000])):
        assert evil not in client.get(url).text
    assert "&lt;script&gt;" in client.get(page + "?tab=jobs").text


def test_report_of_nothing_but_nonsense_moves_no_state(head: Head) -> None:
    before = Cluster.objects.filter(pk=head.cluster.pk).values("state", "target", "run").get()
    head.post(head.body(nodes=None, demand=7))
    assert Cluster.objects.filter(pk=head.cluster.pk).values("state", "target", "run").get() == (
        before
    )


def test_error_quotes_neither_a_row_nor_a_hash(head: Head) -> None:
    head.cluster.refresh_from_db()
    for report in ({"drivers": -5}, {"drivers": 10**30}, {"seq": "\0", "session": {}, "nodes": 7}):
        answer = head.post(head.body(**report))
        assert answer.status_code == 400
        assert head.cluster.run.agent_token_hash not in answer.text
        assert "Failing row" not in answer.text
        assert len(answer.text) < 400
