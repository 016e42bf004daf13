"""What the agent's endpoint takes, and what it refuses."""

import gzip
import json
import random
from typing import Any

import pytest
from django.test import Client
from django.utils.timezone import now

from accounts.models import User
from clusters import runs
from clusters.agent.sync import RunOver, apply_report
from clusters.models import Cluster, Job
from clusters.queries.clusters import log_of
from clusters.services import operating
from clusters.workloads import WORKLOADS
from metering.models import Intake
from tests.clusters.head import Head
from tests.clusters.situations import submit

pytestmark = pytest.mark.django_db


def test_wrong_token_is_refused(head: Head) -> None:
    assert head.post(head.body(), token="wrong").status_code == 401
    assert head.post(head.body(), token="").status_code == 401


def test_token_of_another_cluster_is_refused(head: Head, launch: Any) -> None:
    other = Head(launch("two"))
    assert head.post(head.body(), token=other.token).status_code == 401


@pytest.mark.parametrize("named", ["", "x", None, 7, "00000000-0000-0000-0000-000000000000"])
def test_unknown_cluster_is_refused(head: Head, named: object) -> None:
    assert head.post(head.body(cluster=named)).status_code == 401


def test_token_is_not_in_the_database(head: Head) -> None:
    row = Cluster.objects.filter(pk=head.cluster.pk).values().get()
    assert head.token not in json.dumps(row, default=str)


def test_agent_of_an_ended_cluster_is_told_to_go(head: Head) -> None:
    Cluster.objects.filter(pk=head.cluster.pk).update(target="terminated", state="terminating")
    assert head.post(head.body()).status_code == 410


def test_packed_body_is_read(head: Head) -> None:
    response = Client().post(
        "/agent/v1/sync",
        data=gzip.compress(json.dumps(head.body()).encode()),
        content_type="application/json",
        headers={"Authorization": f"Bearer {head.token}", "Content-Encoding": "gzip"},
    )
    assert response.status_code == 200


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'"x"', b"1" * 10_000])
def test_unreadable_body_is_refused(head: Head, body: bytes) -> None:
    response = Client().post(
        "/agent/v1/sync",
        data=body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {head.token}"},
    )
    assert response.status_code in {400, 401}


def test_spoilt_reports_never_break_the_server(head: Head) -> None:
    """Each field in turn is replaced by nonsense; nothing may answer 500 or half-apply."""
    chance = random.Random(7)  # noqa: S311
    nonsense: list[Any] = [None, 1, -1, "x", [], {}, [None], [1], {"a": 1}, [[]], [{}], "\0", 1e308]
    for _ in range(300):
        body = head.body(
            jobs=[{"submission_id": "a", "status": "RUNNING", "started_at": 1.0}],
            logs=[{"submission_id": "a", "offset": 0, "text": "x"}],
            results=[{"id": "00000000-0000-0000-0000-000000000000", "ok": True}],
        )
        key = chance.choice(sorted(body.keys() - {"cluster", "run"}))
        body[key] = chance.choice(nonsense)
        assert head.post(body).status_code in {200, 400}


def job_report(head: Head, status: str = "RUNNING", **fields: Any) -> dict[str, Any]:
    item = {"submission_id": "j1", "status": status, "entrypoint": "python x.py"} | fields
    return head.report(jobs=[item])


def test_job_and_its_log_stay_when_the_cluster_is_gone(head: Head) -> None:
    job_report(head, started_at=1_790_000_000.0)
    head.report(logs=[{"submission_id": "j1", "offset": 0, "text": "première ligne\n"}])
    job_report(head, "SUCCEEDED", started_at=1_790_000_000.0, ended_at=1_790_000_004.0)
    Cluster.objects.filter(pk=head.cluster.pk).update(state="terminated", target="terminated")
    job = Job.objects.get(submission_id="j1")
    assert (job.status, job.seconds, log_of(job).text) == ("SUCCEEDED", 4.0, "première ligne\n")


def test_log_pieces_are_kept_once_and_in_order(head: Head) -> None:
    job_report(head)
    first = {"submission_id": "j1", "offset": 0, "text": "äb"}
    assert head.report(logs=[first])["log_offsets"] == {"j1": 3}
    assert head.report(logs=[first])["log_offsets"] == {"j1": 3}  # sent again
    gap = {"submission_id": "j1", "offset": 9, "text": "z"}
    assert head.report(logs=[gap])["log_offsets"] == {"j1": 3}  # go on from 3
    head.report(logs=[{"submission_id": "j1", "offset": 3, "text": "\0c"}])
    assert log_of(Job.objects.get()).text == "äb c"


def test_command_is_handed_out_until_its_result_is_here(head: Head, alice: Any) -> None:
    from clusters.services.jobs import run_workload

    values = {"tasks": 1.0, "cpus": 1.0, "seconds": 1.0}
    job = run_workload(head.cluster, WORKLOADS["cpu_tasks"], values=values, by=alice)
    command = head.report()["commands"][0]
    assert head.report()["commands"] == [command]
    assert command["submission_id"] == job.submission_id
    assert command["entrypoint"] == "python cpu_tasks.py --tasks=1 --cpus=1 --seconds=1"
    done = {"id": command["id"], "ok": False, "message": "No such package."}
    assert head.report(results=[done])["commands"] == []
    job.refresh_from_db()
    assert (job.status, job.message) == ("FAILED", "No such package.")


def test_samples_of_our_nodes_are_stored_once(head: Head) -> None:

    name = head.nodes(role="head")[0].name
    at = now().timestamp()
    sample = {"node": name, "at": at, "cpu_cores": 0.5, "held": {"CPU": 0.0}}
    stranger = {"node": "somebody-1", "at": at, "cpu_cores": 0.5}
    answer = head.report(samples=[sample, stranger])
    assert answer["samples_acked"]
    head.report(samples=[sample])
    intake = Intake.objects.get(cluster_id=head.cluster.pk)
    assert (intake.accepted, intake.repeated) == (1, 1)


def test_job_id_of_an_earlier_run_is_another_job(head: Head) -> None:
    job_report(head, "SUCCEEDED")
    runs.begin(head.cluster)
    again = Head(head.cluster)
    job_report(again, "RUNNING")
    assert list(Job.objects.order_by("run").values_list("run__number", "status")) == [
        (1, "SUCCEEDED"),
        (2, "RUNNING"),
    ]


def test_report_that_comes_after_the_end_revives_no_job(head: Head, alice: User) -> None:
    submit(head, alice)
    late = Cluster.objects.select_related("run").get(pk=head.cluster.pk)  # as the view read it
    operating.stop_cluster(head.cluster, by=alice)
    for _ in range(3):
        head.pass_by()
    with pytest.raises(RunOver):
        apply_report(late, head.body(jobs=[{"submission_id": "late", "status": "RUNNING"}]))
    assert not Job.objects.filter(status="RUNNING").exists()


def test_body_of_a_stranger_is_not_read(head: Head, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr("clusters.agent.view.read_report", read)
    monkeypatch.setattr("django.http.HttpRequest.body", property(read))
    for token in ("", "wrong", "0" * 64):
        assert head.post({}, token=token).status_code == 401


@pytest.mark.parametrize(
    ("body", "encoding", "expected"),
    [
        (gzip.compress(b" " * (9 * 2**20)), "gzip", 413),
        (b"[" + b"0," * 600_000 + b"0]", "", 413),
        (gzip.compress(b"{}")[:-3], "gzip", 400),
        (gzip.compress(b"{}") * 2, "gzip", 400),
        (b"{}", "br", 400),
        (b'{"run": 1e999999}', "", 401),
        (b'{"a": ' + b"9" * 5_000 + b"}", "", 400),
        (b'{"a": ' * 100_000, "", 400),
    ],
    ids=["bomb", "values", "cut", "two streams", "encoding", "infinite", "digits", "deep"],
)
def test_body_beyond_the_bounds_is_refused(
    head: Head, body: bytes, encoding: str, expected: int
) -> None:
    headers = {"Authorization": f"Bearer {head.token}"}
    headers |= {"Content-Encoding": encoding} if encoding else {}
    answer = Client().post(
        "/agent/v1/sync", data=body, content_type="application/json", headers=headers
    )
    assert answer.status_code == expected
