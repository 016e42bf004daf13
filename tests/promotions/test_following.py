"""Clusters that follow what an environment has."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils.timezone import now

from accounts.models import User
from clouds.models import Cloud
from clusters import following
from clusters.models import Cluster, Job
from clusters.services.launching import launch_cluster
from clusters.services.operating import start_cluster, stop_cluster, terminate_cluster
from configurations.models import Version
from domain.promotions.states import RequestState
from promotions.models import ChangeRequest, Environment, Release, Rollout
from promotions.services.releases import pause, resume
from promotions.services.requests import request_change
from providers.base import Throttled
from tests.clusters.busy_head import BusyHead
from tests.clusters.head import Head
from tests.promotions.steps import carry_on, changed, finish

pytestmark = pytest.mark.django_db
type Ask = Callable[..., ChangeRequest]
SMALL, LARGE = "- name: cpu\n    instance_type: small", "- name: cpu\n    instance_type: large"


@pytest.fixture
def dev(environments: dict[str, Environment], ask: Ask) -> Environment:
    """dev, where train:1 is released, and releases that fail go back."""
    Environment.objects.update(rolls_back=True, verify_task=False)
    finish(carry_on(ask("dev")))
    return environments["dev"]


@pytest.fixture
def follower(dev: Environment, version: Version, alice: User, queued: list[str]) -> Head:
    """A running cluster that follows dev."""
    head = Head(launch_cluster(name="one", version=version, environment="dev", by=alice))
    for _ in range(2):
        head.pass_by()
        head.report()
    head.pass_by()
    assert head.state == "running"
    return head


def released(version: Version, **values: str) -> ChangeRequest:
    """The request that released `version` in dev, whose clusters are still to be brought there."""
    request = request_change(version, environment="dev", title="More.", by=version.author, **values)
    request = carry_on(request)
    assert request.state == RequestState.APPLYING
    return request


def more(version: Version) -> Version:
    """The next version, with more workers: what a running cluster follows at once."""
    return changed(version, find="max_nodes: 4", replace="max_nodes: 7")


def stepped(request: ChangeRequest) -> ChangeRequest:
    following.step(request.pk)
    return carry_on(request)


def rollout(request: ChangeRequest) -> Rollout:
    return request.rollouts.get()


def test_limits_hold_at_once_and_the_cluster_follows(follower: Head, version: Version) -> None:
    request = released(more(version))
    assert following.due() == [request.pk]
    request = stepped(stepped(request))
    assert request.state == RequestState.VERIFYING
    follower.cluster.refresh_from_db()
    assert follower.cluster.version.number == 2
    assert follower.cluster.release == Release.objects.get(replaced_at=None)
    assert follower.cluster.groups.get(name="cpu").max_nodes == 7
    assert rollout(request).state == "following"
    request = stepped(request)
    assert request.state == RequestState.DONE
    assert request.steps.last().reason == "1 cluster does well."
    assert not following.due()


def test_without_clusters_a_release_is_done_at_once(dev: Environment, version: Version) -> None:
    request = released(more(version))
    assert stepped(stepped(request)).state == RequestState.DONE


def test_nodes_are_replaced_step_by_step(follower: Head, version: Version) -> None:
    busy = BusyHead(follower.cluster)
    old = {node.name for node in busy.grows(2, 2)}
    request = stepped(stepped(released(changed(version, find=SMALL, replace=LARGE))))
    assert request.state == RequestState.APPLYING
    assert (rollout(request).state, rollout(request).detail) == (
        "updating",
        "0 of 2 nodes replaced.",
    )
    for _ in range(8):
        busy.report()
        busy.pass_by()
        busy.cluster.nodes.filter(state="draining").update(drain_deadline=now())
        busy.pass_by()
    assert not old & {node.name for node in busy.nodes()}
    request = stepped(request)
    assert request.state == RequestState.VERIFYING
    assert rollout(request).detail == "Runs train:2."


def test_what_a_running_cluster_cannot_follow_waits_for_its_next_start(
    follower: Head, version: Version, alice: User
) -> None:
    head = "head_node:\n  instance_type: small"
    request = released(changed(version, find=head, replace=head.replace("small", "large")))
    request = stepped(request)
    assert request.state == RequestState.VERIFYING
    assert rollout(request).state == "waiting"
    assert "It follows once it was stopped." in rollout(request).detail
    follower.cluster.refresh_from_db()
    assert follower.cluster.version == version
    stop_cluster(follower.cluster, by=alice)
    for _ in range(3):
        follower.pass_by()
    follower.cluster.refresh_from_db()
    start_cluster(follower.cluster, by=alice)
    follower.cluster.refresh_from_db()
    assert follower.cluster.version.number == 2
    assert follower.cluster.groups.get(name="head").instance_type == "large"


def test_a_stopped_cluster_gets_it_right_away(
    follower: Head, version: Version, alice: User
) -> None:
    stop_cluster(follower.cluster, by=alice)
    for _ in range(3):
        follower.pass_by()
    assert follower.state == "stopped"
    request = stepped(released(changed(version, find=SMALL, replace=LARGE)))
    request = stepped(request)
    assert rollout(request).detail == "Starts with train:2."
    follower.cluster.refresh_from_db()
    assert follower.cluster.version.number == 2


def test_at_the_next_start_changes_nothing_that_runs(follower: Head, version: Version) -> None:
    new = changed(version, find=SMALL, replace=LARGE)
    request = stepped(released(new, strategy="next start"))
    assert rollout(request).detail == "It follows at its next start."
    follower.cluster.refresh_from_db()
    assert follower.cluster.version == version


def test_paused_no_further_cluster_is_changed(
    follower: Head, version: Version, alice: User
) -> None:
    request = released(more(version))
    pause(request, by=alice)
    request = stepped(request)
    assert rollout(request).state == "pending"
    resume(request, by=alice)
    assert rollout(stepped(request)).state == "updating"


def test_a_cluster_that_launches_from_another_environment_is_left_alone(
    follower: Head, version: Version, alice: User, queued: list[str]
) -> None:
    free = launch_cluster(name="free", version=version, by=alice)
    new = more(version)
    stepped(released(new))
    free.refresh_from_db()
    assert free.version == version


def failing_job(cluster: Cluster) -> None:
    Job.objects.create(
        cluster=cluster, run=cluster.run, submission_id="j", status="FAILED", ended_at=now()
    )


def test_more_failed_jobs_take_the_release_back_by_itself(follower: Head, version: Version) -> None:
    request = stepped(released(more(version)))
    request = stepped(request)
    assert request.state == RequestState.VERIFYING
    failing_job(follower.cluster)
    request = stepped(request)
    assert request.state == RequestState.FAILED
    assert "1 job failed since the release" in request.steps.last().reason
    back = carry_on(request.rollbacks.get())
    assert back.state == RequestState.APPLYING
    back = stepped(stepped(back))
    follower.cluster.refresh_from_db()
    assert follower.cluster.version == version
    assert follower.cluster.groups.get(name="cpu").max_nodes == 4
    # The job that failed before the roll-back does not count against it.
    assert stepped(back).state == RequestState.DONE
    assert carry_on(request).state == RequestState.ROLLED_BACK


def test_the_verification_task_decides(follower: Head, dev: Environment, version: Version) -> None:
    Environment.objects.update(verify_task=True)
    request = stepped(released(more(version)))
    request = stepped(stepped(request))
    assert request.state == RequestState.VERIFYING
    assert rollout(request).detail == "Its verification task has not ended yet."
    job = Job.objects.get(submission_id=f"mobula-verify-{request.pk}")
    assert stepped(request).state == RequestState.VERIFYING  # and no second task
    Job.objects.filter(pk=job.pk).update(status="SUCCEEDED", ended_at=now())
    assert stepped(request).state == RequestState.DONE


def test_the_verification_command_of_the_environment_decides(
    follower: Head, dev: Environment, version: Version
) -> None:
    Environment.objects.update(verify_task=True, verify_command="python smoke.py")
    request = stepped(stepped(stepped(released(more(version)))))
    job = Job.objects.get(submission_id=f"mobula-verify-{request.pk}")
    assert job.entrypoint == "python smoke.py"
    Job.objects.filter(pk=job.pk).update(
        status="FAILED", ended_at=now(), message="Exit code 1: no dataset."
    )
    request = stepped(request)
    assert request.state == RequestState.FAILED
    assert "Its verification task failed: Exit code 1: no dataset." in request.steps.last().reason


def test_a_release_is_good_only_after_its_time(
    follower: Head, dev: Environment, version: Version
) -> None:
    Environment.objects.update(verify_minutes=5)
    request = released(more(version))
    request = stepped(stepped(stepped(request)))
    assert request.state == RequestState.VERIFYING
    Rollout.objects.update(healthy_since=now() - timedelta(minutes=6))
    assert stepped(request).state == RequestState.DONE


def test_a_cluster_that_stays_unwell_fails_the_release(
    follower: Head, dev: Environment, version: Version
) -> None:
    request = stepped(stepped(released(more(version))))
    assert request.state == RequestState.VERIFYING
    Cluster.objects.update(health="blind", findings=[])
    request = stepped(request)
    assert request.state == RequestState.VERIFYING
    ChangeRequest.objects.filter(pk=request.pk).update(state_since=now() - timedelta(hours=1))
    request = stepped(request)
    assert request.state == RequestState.FAILED
    assert request.steps.last().reason == "one: It sends no reports."


def test_a_cluster_that_a_user_terminates_does_not_count(
    follower: Head, version: Version, alice: User
) -> None:
    request = stepped(stepped(released(more(version))))
    terminate_cluster(follower.cluster, by=alice)
    assert stepped(request).state == RequestState.DONE


def test_a_cloud_that_does_not_answer_is_asked_again(
    follower: Head, version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: object, **__: object) -> None:
        raise Throttled("Slow down.")

    request = released(more(version))
    with monkeypatch.context() as patch:
        patch.setattr("clusters.following.bringing.plan_update", silent)
        request = stepped(request)
        assert (rollout(request).state, rollout(request).detail) == ("pending", "Slow down.")
    assert rollout(stepped(request)).state == "updating"


def test_a_version_that_cannot_be_launched_any_more_fails_the_release_with_its_reason(
    follower: Head, version: Version
) -> None:
    request = released(more(version))
    Cloud.objects.update(is_shared=False)
    follower.cluster.cloud.teams.clear()
    request = stepped(request)
    assert request.state == RequestState.FAILED
    assert "no longer has access" in request.steps.last().reason
