"""A new cluster comes up beside the old one, takes its place, and the old one ends its work."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import now

from accounts.errors import WrongState
from accounts.models import User
from clusters.models import Cluster, Switch
from clusters.services.jobs import run_workload
from clusters.services.operating import start_cluster, stop_cluster
from clusters.services.updating import update_cluster
from clusters.workloads import WORKLOADS
from configurations.models import Version
from domain.promotions.states import RequestState
from promotions.models import Release
from tests.promotions.steps import changed
from tests.promotions.switching.side import (
    Side,
    begun,
    brought_up,
    other_head,
    released,
    rollout,
    stepped,
    switch_of,
    switched,
)

pytestmark = pytest.mark.django_db
_WORK = {"tasks": 1, "seconds": 0, "cpus": 0.1}


def test_the_new_cluster_takes_over_once_it_has_its_nodes(old: Side, version: Version) -> None:
    request = released(other_head(version))
    new = begun(request)
    assert (new.name, old.name) == ("prod-train-next", "prod-train")
    assert rollout(request).state == "updating"
    new.pass_by()
    new.report()
    stepped(stepped(request))
    detail = "Starting prod-train-next beside it: 1 of 2 nodes."
    assert (rollout(request).cluster_id, rollout(request).detail) == (old.cluster.pk, detail)
    assert rollout(request).beside_name == "prod-train-next"
    brought_up(new.cluster)
    assert stepped(request).state == RequestState.APPLYING
    assert (new.name, old.name) == ("prod-train", "prod-train-previous")
    assert new.cluster.release == Release.objects.get(replaced_at=None)
    assert old.cluster.release is None
    assert old.cluster.replaced_by == new.cluster
    assert new.cluster.version.number == 2
    shown = rollout(request)
    assert (shown.cluster_id, shown.cluster_name) == (new.cluster.pk, "prod-train")
    assert (shown.state, shown.detail) == ("following", "Switched to train:2.")
    assert (shown.beside_id, shown.beside_name) == (old.cluster.pk, "prod-train-previous")


def test_jobs_end_on_the_old_cluster_which_is_terminated_after_the_last(
    old: Side, version: Version
) -> None:
    request = released(other_head(version))
    job = old.has_job()
    switched(request)
    request = stepped(stepped(request))
    assert request.state == RequestState.DONE
    assert rollout(request).beside_detail == "1 job finishes on it."
    assert old.state == "running"
    job.status = "SUCCEEDED"
    job.save()
    old.rests()
    stepped(request)
    assert old.state == "terminating"
    assert old.cluster.run.end_reason == "Replaced by prod-train. No work is left on it."
    assert switch_of(request).state == "done"
    assert rollout(request).beside_detail == "It is terminated."


def test_the_old_cluster_takes_no_new_jobs(old: Side, version: Version, alice: User) -> None:
    new = switched(released(other_head(version)))
    words = "prod-train-previous was replaced and takes no new jobs. Submit them to prod-train."
    with pytest.raises(WrongState) as refusal:  # also for whoever read it before the switch
        run_workload(old.cluster, WORKLOADS["cpu_tasks"], values=_WORK, by=alice)
    assert refusal.value.message == words
    assert run_workload(new.cluster, WORKLOADS["cpu_tasks"], values=_WORK, by=alice)


def test_it_is_kept_until_the_release_is_verified(old: Side, version: Version) -> None:
    request = released(other_head(version))
    request.environment.verify_minutes = 5
    request.environment.save()
    switched(request)
    old.rests()
    request = stepped(stepped(request))
    assert request.state == RequestState.VERIFYING
    words = "No work is left on it. It is kept until the release is verified."
    assert rollout(request).beside_detail == words
    request.rollouts.update(healthy_since=now() - timedelta(minutes=6))
    assert stepped(stepped(request)).state == RequestState.DONE
    assert old.state == "terminating"


def test_long_after_the_switch_somebody_is_asked_and_no_job_is_ended(
    old: Side, version: Version
) -> None:
    request = released(other_head(version))
    old.has_job()
    switched(request)
    Switch.objects.update(switched_at=now() - timedelta(hours=25))
    stepped(stepped(request))
    stepped(request)
    assert old.state == "running"
    words = "1 job finishes on it. The switch was more than 1 d ago: wait, stop it, or terminate"
    assert rollout(request).beside_detail == f"{words} the cluster."
    event = old.cluster.events.get(kind="cluster.drain_overdue")  # said once
    assert event.fields == {"request": request.pk, "jobs": 1}


def test_the_new_cluster_is_of_the_same_owner_with_what_users_set(
    old: Side, version: Version
) -> None:
    Cluster.objects.filter(pk=old.cluster.pk).update(idle_minutes=90)
    old.cluster.groups.filter(name="cpu").update(min_nodes=2, max_nodes=3)
    new = begun(released(other_head(version))).cluster
    assert (new.owner, new.team, new.environment) == (old.cluster.owner, old.cluster.team, "dev")
    assert new.idle_minutes == 90
    group = new.groups.get(name="cpu")
    assert (group.min_nodes, group.max_nodes) == (2, 3)
    assert new.groups.get(name="head").instance_type == "large"
    assert new.run.hold_until is not None  # an idle timer would end it before it takes over


def test_what_users_held_holds_for_the_new_cluster(old: Side, version: Version) -> None:
    until = now() + timedelta(hours=4)
    old.cluster.run.hold_until = until
    old.cluster.run.save()
    new = switched(released(other_head(version)))
    new.cluster.refresh_from_db()
    old.cluster.refresh_from_db()
    assert (new.cluster.run.hold_until, old.cluster.run.hold_until) == (until, None)


def test_what_a_running_cluster_can_follow_needs_no_new_one(old: Side, version: Version) -> None:
    request = released(changed(version, find="max_nodes: 4", replace="max_nodes: 7"))
    request = stepped(stepped(request))
    assert request.state == RequestState.VERIFYING
    assert not Switch.objects.exists()
    old.cluster.refresh_from_db()
    assert old.cluster.version.number == 2


def test_a_stopped_cluster_needs_no_new_one(old: Side, version: Version, alice: User) -> None:
    stop_cluster(old.cluster, by=alice)
    request = stepped(stepped(released(other_head(version))))
    assert not Switch.objects.exists()
    assert rollout(request).detail == "Starts with train:2."


def test_a_replaced_cluster_that_was_stopped_is_not_started_again(
    old: Side, version: Version, alice: User
) -> None:
    switched(released(other_head(version)))
    stop_cluster(old.cluster, by=alice)
    old.pass_by()
    old.pass_by()
    assert old.state == "stopped"
    with pytest.raises(WrongState, match=r"was replaced by prod-train\. Use that one\."):
        start_cluster(old.cluster, by=alice)


def test_a_replaced_cluster_is_not_updated(old: Side, version: Version, alice: User) -> None:
    switched(released(other_head(version)))
    old.cluster.refresh_from_db()
    with pytest.raises(WrongState, match="was replaced by prod-train"):
        update_cluster(old.cluster, version=version.template.versions.latest("number"), by=alice)
