"""Where a cluster's health is shown beside the overview: its page, the list, a job, events."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import now

from accounts.models import Team, User
from clusters.models import Cluster, Job
from clusters.queries.health import attention_of
from domain.cooldowns import FailureClass
from providers.failure_plan import PlannedFailure
from providers.fake.driver import FakeDriver
from tests.clusters.head import Head

pytestmark = pytest.mark.django_db
TRACEBACK = "Ray ended with exit code 1.\n  File x\nOSError: [Errno 28] No space left on device"


@pytest.fixture
def client(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def read(client: Client, url: str, **query: str) -> str:
    return " ".join(client.get(url, query).text.split())


def at_maximum(head: Head) -> None:
    head.cluster.groups.filter(name="cpu").update(max_nodes=1)
    head.wants(3, CPU=2.0)
    for _ in range(3):
        head.report()
        head.pass_by()


def stuck(head: Head, driver: FakeDriver) -> None:
    driver.plan_failure(PlannedFailure(failure="permission", group="cpu"))
    head.wants(1, CPU=2.0)
    head.report()
    head.pass_by()
    head.pass_by()


def test_a_stuck_cluster_is_not_plain_green(head: Head, driver: FakeDriver, client: Client) -> None:
    url = reverse("clusters:detail", args=[head.cluster.pk])
    assert '<span class="state tone-good">Running</span>' in read(client, url)
    stuck(head, driver)
    page = read(client, url)
    assert '<span class="state tone-good">Running</span>' not in page
    assert '<span class="state tone-bad" title="Group cpu stopped launching nodes' in page
    assert reverse("clusters:try-again", args=[head.cluster.pk, "cpu"]) in page


def test_the_list_has_a_health_that_it_can_be_filtered_by(
    head: Head, driver: FakeDriver, client: Client
) -> None:
    url = reverse("clusters:list")
    stuck(head, driver)
    name = reverse("clusters:detail", args=[head.cluster.pk])
    for health, is_shown in {
        "": True, "stuck": True, "attention": True, "fine": False, "blind": False, "odd": True,
    }.items():  # fmt: skip
        assert (name in read(client, url, health=health)) is is_shown, health
    assert "Group cpu stopped launching nodes" in read(client, url)
    assert "Group cpu stopped launching nodes: The account" in read(client, url, format="csv")
    Cluster.objects.update(wake_at=now() - timedelta(minutes=3), rest_until=None)
    assert name in read(client, url, health="blind")
    assert name not in read(client, url, health="stuck")


def test_a_job_says_what_it_waits_for(head: Head, client: Client) -> None:
    at_maximum(head)
    job = Job.objects.create(
        cluster=head.cluster, run=head.cluster.run, submission_id="j1", status="RUNNING"
    )
    url = reverse("clusters:job", args=[head.cluster.pk, job.pk])
    words = "CPU:2: group cpu is at its maximum of 1."
    page = read(client, url)
    assert "Waiting for " in page
    assert words in page
    assert ">Resize</a>" in page
    jobs = read(client, reverse("clusters:detail", args=[head.cluster.pk]), tab="jobs")
    assert "waiting for " in jobs
    Job.objects.create(cluster=head.cluster, run=head.cluster.run, submission_id="j2")
    assert "This job or another one waits for" in read(client, url)
    Job.objects.update(status="SUCCEEDED")
    assert words not in read(client, url)


def test_stop_job_asks_first(head: Head, client: Client) -> None:
    job = Job.objects.create(
        cluster=head.cluster, run=head.cluster.run, submission_id="j1", status="RUNNING"
    )
    page = read(client, reverse("clusters:job", args=[head.cluster.pk, job.pk]))
    assert 'data-dialog-open="stop-job-dialog"' in page
    assert '<dialog id="stop-job-dialog"' in page
    assert page.count(reverse("clusters:stop-job", args=[head.cluster.pk, job.pk])) == 1


def test_equal_failures_are_one_line_with_the_log_folded_in(
    head: Head, driver: FakeDriver, client: Client
) -> None:
    head.wants(2, CPU=2.0)
    head.report()
    head.pass_by()
    for node in head.nodes():
        driver.break_node(node.name, reason=TRACEBACK, failure=FailureClass.TRANSIENT)
    head.wants(0)
    head.silent = {node.name for node in head.nodes()}
    head.report()
    for _ in range(3):
        head.pass_by()
    for tab in ("events", "nodes"):
        page = read(client, reverse("clusters:detail", args=[head.cluster.pk]), tab=tab)
        assert "The machine&#x27;s disk is full." in page
        assert "<strong>× 2</strong>" in page
        assert "<summary>Full text</summary><pre>Ray ended with exit code 1." in page
    event = head.cluster.events.filter(kind="node.start_failed")[0]
    assert (event.message, event.fields["text"]) == ("The machine's disk is full.", TRACEBACK)


def test_attention_of_many_clusters_is_two_queries(
    head: Head, driver: FakeDriver, research: Team, alice: User
) -> None:
    stuck(head, driver)
    row = Cluster.objects.get()
    for number in range(8):
        row.pk, row.handle, row.name, row.run = None, f"c{number}", f"n{number}", None  # type: ignore[assignment]
        row._state.adding = True
        _copy(row)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = attention_of(alice, team=research)
    assert (len(found.lines), found.more) == (5, 4)
    assert len(queries) <= 3  # one more for who alice is


def _copy(row: Cluster) -> None:
    import uuid

    from clusters import runs

    row.pk = uuid.uuid4()
    runs.begin(row)
    row.save()
