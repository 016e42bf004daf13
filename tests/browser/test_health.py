"""A stuck cluster in a real browser: what is wrong, and the buttons that help."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.clusters import conftest as paper

if TYPE_CHECKING:
    from accounts.models import User
    from clusters.models import Cluster
    from providers.fake.driver import FakeDriver
    from tests.browser.conftest import Visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
driver, image, launch, queued, version = (
    paper.driver, paper.image, paper.launch, paper.queued, paper.version,
)  # fmt: skip


@pytest.fixture
def stuck(transactional_db: None, launch: Callable[..., Cluster], driver: FakeDriver) -> Cluster:
    """A cluster whose workers failed, with a running job and work at a limit."""
    from django.utils.timezone import now

    from clusters.models import Cluster, Job
    from domain.health.model import Finding, Level, Step, StepKind, Verdict
    from domain.health.plain import plain_findings

    cluster = launch("train-large")
    words = (
        "Group cpu can't start nodes: 4 failures in 10 min, Ray timed out during startup. "
        "15 tasks wait."
    )
    retry, log = Step(kind=StepKind.RETRY, group="cpu"), Step(kind=StepKind.LOG, node="c1-3")
    resize = Step(kind=StepKind.RESIZE, group="gpu")
    verdict = Verdict(
        findings=(
            Finding(
                level=Level.STUCK,
                sentence=words,
                next_try=now() + timedelta(minutes=6),
                steps=(retry, log),
            ),
            Finding(
                level=Level.WAITING,
                sentence="2 × GPU:1 wait for 12 min: group gpu is at its maximum of 1.",
                steps=(resize,),
            ),
        )
    )
    Cluster.objects.update(
        state="running",
        health=verdict.level,
        findings=plain_findings(verdict),
        wake_at=now() + timedelta(hours=1),
    )
    cluster.groups.filter(name="cpu").update(
        stopped_at=now(), stopped_reason="Ray timed out during startup"
    )
    waits = [
        {
            "what": "CPU:1", "count": 2, "reason": "group cpu is at its maximum of 1",
            "stops": ["group_maximum"], "groups": ["cpu"], "is_work": True,
            "is_placement_group": False, "is_never": False, "since": now().isoformat(),
        }
    ]  # fmt: skip
    cluster.runs.update(waits=waits)
    Job.objects.create(
        cluster=cluster, run=cluster.run, submission_id="train-1", status="RUNNING",
        entrypoint="python train.py", started_at=now(),
    )  # fmt: skip
    cluster.refresh_from_db()
    return cluster


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_a_stuck_cluster_says_what_is_wrong_and_is_retried_from_the_overview(
    visit: Callable[..., Visit], alice: User, stuck: Cluster, width: int, theme: str
) -> None:
    seen = visit(alice, width=width, theme=theme)
    page = seen.open("/")
    attention = page.get_by_role("region", name="Needs attention")
    expect(attention).to_contain_text("4 failures in 10 min, Ray timed out during startup.")
    expect(attention).to_contain_text("Next try in 5 min")
    page = seen.open("/clusters/?health=stuck")
    expect(page.get_by_role("row", name="train-large")).to_contain_text("Stuck")
    page = seen.open(f"/clusters/{stuck.pk}/")
    expect(page.locator(".cluster-bar .state")).to_have_class("state tone-bad")
    expect(page.locator("#finding-2")).to_contain_text("Resize")
    assert not seen.barriers()
    page = seen.open("/")
    attention.get_by_role("button", name="Retry now").click()
    expect(page.locator("#notices")).to_contain_text("Group cpu can launch nodes again.")
    assert not seen.complaints()


def test_a_job_says_what_it_waits_for_and_asks_before_it_is_stopped(
    visit: Callable[..., Visit], alice: User, stuck: Cluster
) -> None:
    seen = visit(alice)
    job = stuck.jobs.get()
    page = seen.open(f"/clusters/{stuck.pk}/jobs/{job.pk}/")
    expect(page.locator("#job-live")).to_contain_text(
        "Waiting for 2 × CPU:1: group cpu is at its maximum of 1."
    )
    page.get_by_role("button", name="Stop job").click()
    dialog = page.get_by_role("dialog", name="Stop this job?")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Stop job").click()
    dialog.get_by_role("button", name="Stop job").click()
    expect(page.locator("#notices")).to_contain_text("Stopping train-1.")
    assert not seen.complaints()
