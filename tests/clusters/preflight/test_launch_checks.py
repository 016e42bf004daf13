"""Every start on AWS is checked, waits for no answer, and keeps the round that was made for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import ProtectedError
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts.errors import Invalid
from accounts.models import AuditEntry, Team, User
from clouds import checking
from clouds.models import Cloud, CloudCheck
from clouds.services.checks import NotChecked
from clouds.tasks import check_cloud
from clusters import runs
from clusters.leases import lease
from clusters.models import Cluster
from clusters.nodes.config import configuration_of
from clusters.preflight import check_restart
from clusters.reconcile.cloud_resources import _move, _Resource
from clusters.services.launching import check_before_launch, launch_cluster
from clusters.services.operating import start_cluster, stop_cluster
from clusters.services.relaunching import relaunch_cluster
from configurations.models import Version
from configurations.targets import target_for
from domain.catalogue.region import ANYWHERE
from mobula.demo_cloud.aws.world import World
from providers.preflight import Wanted
from tests.cast import make_cloud
from tests.clusters.head import Head

pytestmark = pytest.mark.django_db
type Answered = Callable[[CloudCheck], CloudCheck]


def kept(cluster: Cluster) -> CloudCheck:
    cluster.refresh_from_db()
    check = cluster.run.checks
    assert check is not None
    return check


def test_a_launch_starts_a_round_and_keeps_it(
    on_aws: Version, alice: User, answered: Answered
) -> None:
    cluster = launch_cluster(name="one", version=on_aws, by=alice)
    check = kept(cluster)
    assert check.is_running  # nobody waited
    assert (check.subject, check.team, check.asked_by) == ("west:1", cluster.team, alice)
    titles = {line.title for line in answered(check).lines}
    assert {"Dry run of group head", "Dry run of group cpu", "Container image"} <= titles
    assert check.certain_failures == []


def test_a_launch_keeps_the_round_that_was_made_before_it(
    on_aws: Version, alice: User, answered: Answered
) -> None:
    check = answered(check_before_launch(on_aws, by=alice))
    assert check_before_launch(on_aws, by=alice) == check
    assert check_before_launch(on_aws, again=True, by=alice) != check
    CloudCheck.objects.exclude(pk=check.pk).delete()
    assert kept(launch_cluster(name="one", version=on_aws, by=alice)) == check


def test_a_round_of_six_minutes_ago_is_made_anew(
    on_aws: Version, alice: User, answered: Answered
) -> None:
    check = answered(check_before_launch(on_aws, by=alice))
    CloudCheck.objects.update(started_at=timezone.now() - timedelta(minutes=6))
    assert kept(launch_cluster(name="one", version=on_aws, by=alice)) != check


def test_a_launch_that_is_known_to_fail_is_refused_with_check_value_and_way_out(
    on_aws: Version, alice: User, world: World, answered: Answered
) -> None:
    world.denied.add("ec2:RunInstances")
    answered(check_before_launch(on_aws, by=alice))
    with pytest.raises(Invalid) as refusal:
        launch_cluster(name="one", version=on_aws, by=alice)
    told = " ".join(refusal.value.messages)
    for words in (
        "Check “Dry run of group head” failed",
        "ec2:RunInstances",
        "to their IAM policy",
    ):
        assert words in told
    assert not Cluster.objects.exists()


def test_it_is_launched_anyway_with_a_reason_that_the_audit_log_keeps(
    on_aws: Version, alice: User, world: World, answered: Answered
) -> None:
    world.denied.add("ec2:RunInstances")
    check = answered(check_before_launch(on_aws, by=alice))
    cluster = launch_cluster(
        name="one", version=on_aws, despite=" The policy is on its way. ", by=alice
    )
    assert kept(cluster) == check
    entry = AuditEntry.objects.get(action="cluster.launched")
    assert entry.reason == "The policy is on its way."
    assert entry.after
    assert "Dry run of group head" in entry.after["failed_checks"][0]
    assert cluster.events.first().message == "Launched from west:1 despite failed checks."


def test_a_reason_is_not_kept_where_nothing_failed(on_aws: Version, alice: User) -> None:
    launch_cluster(name="one", version=on_aws, despite="Because.", by=alice)
    entry = AuditEntry.objects.get(action="cluster.launched")
    assert entry.reason == ""
    assert entry.after
    assert "failed_checks" not in entry.after


def test_a_relaunch_that_is_known_to_fail_loses_nothing(
    on_aws: Version, alice: User, world: World, answered: Answered
) -> None:
    cluster = launch_cluster(name="one", version=on_aws, by=alice)
    world.denied.add("ec2:RunInstances")
    answered(kept(cluster))
    with pytest.raises(Invalid, match="Dry run of group head"):
        relaunch_cluster(cluster, version=on_aws, by=alice)
    cluster.refresh_from_db()
    assert cluster.target == "running"


def test_a_start_of_a_stopped_cluster_is_checked_with_its_own_sizes(
    on_aws: Version, alice: User
) -> None:
    cluster = launch_cluster(name="one", version=on_aws, by=alice)
    first = kept(cluster)
    head = Head(cluster)
    head.pass_by()
    stop_cluster(cluster, by=alice)
    for _ in range(3):
        head.pass_by()
    cluster.groups.filter(name="cpu").update(max_nodes=2)
    start_cluster(cluster, by=alice)
    second = kept(cluster)
    assert second != first
    assert [group["most"] for group in second.wanted["groups"]] == [1, 2]
    assert cluster.runs.get(number=1).checks == first


def test_the_demo_aws_is_checked_too(
    on_aws: Version, cloud: Cloud, alice: User, answered: Answered
) -> None:
    Cloud.objects.filter(pk=cloud.pk).update(is_demo=True)
    check = answered(kept(launch_cluster(name="one", version=on_aws, by=alice)))
    assert {line.state for line in check.lines} <= {"passed", "warning", "skipped"}
    assert not check.message


def test_a_type_that_the_cloud_has_stopped_to_offer_holds_up_no_start(
    on_aws: Version, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = launch_cluster(name="one", version=on_aws, by=alice)
    runs.begin(cluster)
    monkeypatch.setattr("clusters.preflight.target_for", lambda _: ANYWHERE)
    check_restart(cluster, asked_by=alice)
    cluster.refresh_from_db()
    assert cluster.run.checks is None


def test_a_start_elsewhere_is_checked_there(on_aws: Version, cloud: Cloud, alice: User) -> None:
    cluster = launch_cluster(name="one", version=on_aws, by=alice)
    there = make_cloud(
        "other-aws", provider="aws", region="us-east-1", team=cluster.team,
        settings=cloud.settings,
    )  # fmt: skip
    resource = _Resource(number=0, config=configuration_of(cluster), cloud=there)
    with lease(str(cluster.pk)) as held:
        assert held
        _move(held, resource, target_for(there), reason="No capacity.")
    check = kept(cluster)
    assert (check.cloud, check.asked_by) == (there, None)


def test_a_broker_that_is_away_ends_the_round_and_not_the_launch(
    on_aws: Version, alice: User, monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:  # fmt: skip
    def refuse(*_: object, **__: object) -> None:
        raise OperationalError

    monkeypatch.setattr(check_cloud, "apply_async", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        cluster = launch_cluster(name="one", version=on_aws, by=alice)
    assert "message broker" in kept(cluster).message


def test_rounds_that_starts_refer_to_are_never_removed(
    on_aws: Version, cloud: Cloud, alice: User
) -> None:
    cluster = launch_cluster(name="one", version=on_aws, by=alice)
    old = kept(cluster)
    long_ago = timezone.now() - timedelta(days=31)
    CloudCheck.objects.update(started_at=long_ago, finished_at=long_ago)
    other, _ = checking.begin(cloud, Wanted(), now=old.started_at, asked_by=None)
    CloudCheck.objects.filter(pk=other.pk).update(started_at=long_ago)
    checking.begin(cloud, Wanted(image="x"), now=timezone.now(), asked_by=None)
    assert set(CloudCheck.objects.filter(pk__in=[old.pk, other.pk])) == {old}
    with pytest.raises(ProtectedError):
        old.delete()
    runs.begin(cluster)  # an ended run still has its round
    assert cluster.runs.get(number=1).checks == old


def test_a_cloud_without_checks_is_launched_on_as_before(
    version: Version, launch: Callable[..., Cluster], alice: User
) -> None:
    assert launch().run.checks is None
    with pytest.raises(NotChecked, match="no checks for clouds on"):
        check_before_launch(version, by=alice)


def test_teams_that_share_a_cloud_see_no_rounds_of_each_other(
    on_aws: Version, cloud: Cloud, research: Team, other: Team
) -> None:
    now = timezone.now()
    rounds = [
        checking.begin(cloud, Wanted(), team=team, now=now, asked_by=None)
        for team in (None, research, other)
    ]
    assert len({check.pk for check, is_new in rounds if is_new}) == 3
    found = [
        checking.fresh(cloud, Wanted(), team=team, now=now) for team in (None, research, other)
    ]
    assert found == [check for check, _ in rounds]
