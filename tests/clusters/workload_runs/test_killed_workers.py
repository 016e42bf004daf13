"""A worker killed in the middle of a step leaves nothing behind, and the next one goes on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from clusters.models import Cluster, Command, Job
from clusters.test_runs import advance
from promotions.models import TestRun
from promotions.transitions import move_test_run
from tests.clusters.workload_runs.steps import ray_says, started, step, submitted

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """The worker is gone."""


def killed_by(name: str, patch: pytest.MonkeyPatch, run: TestRun, *, first: bool) -> None:
    """Have a worker die in a step when it calls `name`: before the call, or right after it."""
    module, _, function = name.rpartition(".")
    original = getattr(__import__(module, fromlist=[function]), function)

    def die(*args: object, **options: object) -> None:
        if not first:
            original(*args, **options)
        raise Killed

    with patch.context() as within:
        within.setattr(name, die)
        with pytest.raises(Killed):
            advance(run.pk)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("name", ["launch_test_cluster", "move_test_run"])
def test_a_cluster_is_launched_once(
    run: TestRun, monkeypatch: pytest.MonkeyPatch, queued: list[str], name: str, first: bool
) -> None:
    killed_by(f"clusters.test_runs.launching.{name}", monkeypatch, run, first=first)
    assert not Cluster.objects.exists()
    run.refresh_from_db()
    assert run.state == "wanted"
    step(run)
    assert run.state == "starting"
    assert Cluster.objects.count() == 1


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("name", ["submit", "move_test_run"])
def test_a_workload_is_submitted_once(
    run: TestRun, monkeypatch: pytest.MonkeyPatch, name: str, first: bool
) -> None:
    started(run)
    killed_by(f"clusters.test_runs.running.{name}", monkeypatch, run, first=first)
    assert not Job.objects.exists()
    step(run)
    assert run.state == "running"
    assert (Job.objects.count(), Command.objects.count()) == (1, 1)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("name", ["running.move_test_run", "ending.end_cluster", "ending._write"])
def test_a_result_is_kept_and_the_cluster_ends(
    run: TestRun, monkeypatch: pytest.MonkeyPatch, name: str, first: bool
) -> None:
    head = submitted(run)
    ray_says(head, "SUCCEEDED")
    killed_by(f"clusters.test_runs.{name}", monkeypatch, run, first=first)
    head.cluster.refresh_from_db()
    assert head.cluster.target == "running"
    step(run)
    head.cluster.refresh_from_db()
    assert (run.state, head.cluster.target) == ("passed", "terminated")


@pytest.mark.parametrize("begin", [step, started, submitted])
def test_a_run_canceled_while_no_worker_runs_loses_its_cluster(
    run: TestRun, begin: Callable[[TestRun], object]
) -> None:
    from domain.promotions.states import TestRunState

    begin(run)
    move_test_run(run, TestRunState.CANCELED, summary="Canceled.")
    step(run)
    assert Cluster.objects.get().target == "terminated"
