"""A new cluster that does not come up, a request paused or taken back: the old one stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import now

from accounts.models import User
from clouds.models import Cloud
from clusters import following, switching
from clusters.models import Cluster, Run, Switch
from clusters.services.operating import stop_cluster, terminate_cluster
from configurations.models import Version
from domain.promotions.states import RequestState
from promotions.checks.answer import Answer, failed
from promotions.models import ChangeRequest, Release
from promotions.services.releases import pause, resume, roll_back
from providers.base import Throttled
from tests.promotions.steps import carry_on
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


def goes_on(old: Side, version: Version) -> None:
    """Fail the test unless the old cluster is as it was."""
    assert (old.name, old.state) == ("prod-train", "running")
    assert old.cluster.version == version
    assert old.cluster.replaced_by is None
    assert old.cluster.release is not None


def test_a_new_cluster_that_fails_fails_the_release_with_its_cause(
    old: Side, version: Version
) -> None:
    request = released(other_head(version))
    new = begun(request)
    Cluster.objects.filter(pk=new.cluster.pk).update(state="failed")
    Run.objects.filter(pk=new.cluster.run_id).update(end_reason="No capacity in any zone.")
    request = stepped(stepped(request))
    assert request.state == RequestState.FAILED
    words = "prod-train-next did not come up: No capacity in any zone. prod-train goes on as it is."
    assert request.steps.last().reason == f"prod-train: {words}"
    assert (rollout(request).state, rollout(request).detail) == ("failed", words)
    goes_on(old, version)
    assert new.state == "terminating"
    event = old.cluster.events.get(kind="cluster.switch_failed")
    assert event.fields == {"request": request.pk, "state": "failed"}


def test_a_new_cluster_that_a_user_terminates_is_not_launched_again(
    old: Side, version: Version, alice: User
) -> None:
    request = released(other_head(version))
    terminate_cluster(begun(request).cluster, by=alice)
    request = stepped(stepped(request))
    assert request.state == RequestState.FAILED
    assert "prod-train-next did not come up: Terminated by" in rollout(request).detail
    assert Cluster.objects.count() == 2
    goes_on(old, version)


def test_a_quota_without_room_is_said_while_it_waits_and_fails_in_the_end(
    old: Side, version: Version
) -> None:
    request = released(other_head(version))
    new = begun(request)
    error = "Quota of 8 vCPUs is used up."
    Run.objects.filter(pk=new.cluster.run_id).update(last_error=error)
    stepped(stepped(request))
    assert rollout(request).detail == (f"Starting prod-train-next beside it: 0 of 2 nodes. {error}")
    Cluster.objects.filter(pk=new.cluster.pk).update(created_at=now() - timedelta(hours=2))
    request = stepped(stepped(request))
    assert request.state == RequestState.FAILED
    assert f"It had 0 of 2 nodes after 1 h. {error}" in rollout(request).detail
    goes_on(old, version)


def test_a_group_that_stopped_is_not_waited_for(old: Side, version: Version) -> None:
    request = released(other_head(version))
    group = begun(request).cluster.groups.get(name="cpu")
    group.stopped_at, group.stopped_reason = now(), "This account may not launch it."
    group.save()
    request = stepped(stepped(request))
    assert request.state == RequestState.FAILED
    assert "Group cpu stopped. This account may not launch it." in rollout(request).detail


def test_a_quota_that_is_known_to_lack_room_launches_nothing(
    old: Side, version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: ChangeRequest) -> Answer:
        return failed("The quota of paper leaves room for 1 of 2 nodes.")

    request = released(other_head(version))
    monkeypatch.setattr("clusters.switching.launching.check_quota", full)
    stepped(stepped(request))
    assert rollout(request).detail.endswith("leaves room for 1 of 2 nodes.")
    Switch.objects.update(created_at=now() - timedelta(hours=2))
    request = stepped(stepped(request))
    assert request.state == RequestState.FAILED
    assert "leaves room for 1 of 2 nodes. prod-train goes on" in rollout(request).detail
    assert Cluster.objects.count() == 1


def test_a_cloud_that_does_not_answer_is_asked_again(
    old: Side, version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: object, **__: object) -> None:
        raise Throttled("Slow down.")

    request = released(other_head(version))
    following.step(request.pk)
    with monkeypatch.context() as patch:
        patch.setattr("clusters.switching.launching.launchable", silent)
        stepped(stepped(request))
        assert rollout(request).detail.endswith("launched beside it. Slow down.")
    stepped(request)
    assert switch_of(request).state == "starting"


def test_a_version_that_cannot_be_launched_any_more_fails_the_release(
    old: Side, version: Version
) -> None:
    request = released(other_head(version))
    following.step(request.pk)
    Cloud.objects.update(is_shared=False)
    old.cluster.cloud.teams.clear()
    request = stepped(stepped(request))
    assert request.state == RequestState.FAILED
    assert "No new cluster was launched: " in rollout(request).detail
    goes_on(old, version)


def test_paused_nothing_is_launched_and_nothing_switched(
    old: Side, version: Version, alice: User
) -> None:
    request = released(other_head(version))
    following.step(request.pk)  # the new cluster is wanted
    pause(request, by=alice)
    stepped(request)
    assert Cluster.objects.count() == 1
    resume(request, by=alice)
    new = begun(request)
    pause(request, by=alice)
    brought_up(new.cluster)
    stepped(stepped(request))
    words = "prod-train-next is ready to take over. The request is paused."
    assert rollout(request).detail == words
    goes_on(old, version)
    resume(request, by=alice)
    stepped(request)
    assert new.name == "prod-train"


def test_an_old_cluster_that_is_stopped_meanwhile_follows_at_its_start(
    old: Side, version: Version, alice: User
) -> None:
    request = released(other_head(version))
    new = begun(request)
    stop_cluster(old.cluster, by=alice)
    request = stepped(stepped(request))
    assert new.state == "terminating"
    assert switch_of(request).state == "canceled"
    request = stepped(request)
    assert rollout(request).detail == "Starts with train:2."


def test_a_roll_back_before_the_switch_ends_the_new_cluster(
    old: Side, version: Version, lead: User
) -> None:
    request = released(other_head(version))
    new = begun(request)
    back = carry_on(roll_back(request, reason="Wrong head.", by=lead))
    back = stepped(stepped(back))
    assert new.state == "terminating"
    goes_on(old, version)
    assert stepped(back).state == RequestState.DONE
    assert old.cluster.release == Release.objects.get(replaced_at=None)


def test_a_roll_back_switches_back_to_what_still_runs(
    old: Side, version: Version, lead: User
) -> None:
    request = released(other_head(version))
    new = switched(request)
    running = new.has_job()
    back = carry_on(roll_back(request, reason="Slow.", by=lead))
    following.step(back.pk)
    assert (old.name, new.name) == ("prod-train", "prod-train-previous")
    old.cluster.refresh_from_db()
    new.cluster.refresh_from_db()
    assert (old.cluster.replaced_by, new.cluster.replaced_by) == (None, old.cluster)
    assert old.cluster.release == Release.objects.get(replaced_at=None)
    assert new.cluster.release is None
    assert rollout(request).beside_detail == "A roll-back switched back to it."
    back = stepped(stepped(back))
    assert (rollout(back).cluster_name, rollout(back).beside_detail) == (
        "prod-train",
        "1 job finishes on it.",
    )
    assert Cluster.objects.count() == 2  # none was launched
    running.status = "FAILED"
    running.save()
    new.rests()
    back = stepped(back)
    assert back.state == RequestState.DONE
    stepped(back)
    assert (new.state, old.state) == ("terminating", "running")
    assert not switching.due()


def test_a_roll_back_after_the_old_one_is_gone_launches_its_version_anew(
    old: Side, version: Version, lead: User
) -> None:
    request = released(other_head(version))
    new = switched(request)
    old.rests()
    request = stepped(stepped(request))
    assert request.state == RequestState.DONE
    stepped(request)
    assert old.state == "terminating"
    back = carry_on(roll_back(request, reason="Slow.", by=lead))
    third = switched(back)
    assert third.cluster not in {old.cluster, new.cluster}
    third.cluster.refresh_from_db()
    assert (third.name, third.cluster.version) == ("prod-train", version)


def test_a_failed_release_keeps_the_old_cluster_for_a_roll_back_for_a_day(
    old: Side, version: Version
) -> None:
    request = released(other_head(version))
    switched(request)
    old.rests()
    request = stepped(request)
    assert request.state == RequestState.VERIFYING
    Cluster.objects.filter(name="prod-train").update(state="failed")
    request = stepped(request)
    assert request.state == RequestState.FAILED
    stepped(request)
    assert "It is kept for a roll-back, 1 d at most." in rollout(request).beside_detail
    assert old.state == "running"


def test_what_failed_after_the_switch_holds_up_no_roll_back(
    old: Side, version: Version, lead: User
) -> None:
    request = released(other_head(version))
    new = switched(request)
    Cluster.objects.filter(pk=new.cluster.pk).update(state="failed")
    back = carry_on(roll_back(request, reason="It failed.", by=lead))
    following.step(back.pk)
    assert old.name == "prod-train"
    assert stepped(stepped(back)).state == RequestState.DONE
    stepped(back)
    assert new.state == "terminating"
