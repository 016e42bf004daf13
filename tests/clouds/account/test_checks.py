"""The page that checks a cloud: who may, what it shows, and what becomes of lost workers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts.models import AuditEntry, Team, User
from clouds import checking
from clouds.models import Cloud, CloudCheck
from clouds.services.checks import NotChecked, request_checks
from clouds.tasks import check_cloud
from mobula.demo_cloud.aws import cloud as doubles
from mobula.demo_cloud.aws.world import World
from providers.preflight import Wanted, WantedGroup
from tests.cast import make_cloud

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World(vcpu_quotas={"L-1216C47A": 64.0, "L-34B43A08": 64.0})


@pytest.fixture
def cloud(research: Team, world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """A cloud on AWS that answers, whose usual groups are of a type that it has."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    monkeypatch.setattr("clouds.services.checks.usual_groups", lambda _: [group()])
    with doubles.running(world) as running:
        yield make_cloud(
            "aws", provider="aws", region="us-east-1", team=research,
            settings={"endpoint": running.url},
        )  # fmt: skip


def group() -> WantedGroup:
    from domain.lifecycle import NodeRole

    return WantedGroup(name="head", role=NodeRole.HEAD, types=["m5.large"])


def ask(user: User, cloud: Cloud, *, post: bool = False, **headers: str) -> Any:
    client = Client(headers=headers)
    client.force_login(user)
    address = reverse("clouds:checks", args=[cloud.pk])
    return client.post(address, follow=True) if post else client.get(address)


def made(cloud: Cloud, adam: User) -> CloudCheck:
    check = request_checks(cloud, by=adam)
    check_cloud.apply(args=(check.pk,))
    check.refresh_from_db()
    return check


def test_admin_has_the_cloud_checked_and_sees_each_answer(
    cloud: Cloud, world: World, adam: User
) -> None:
    assert "Check this cloud" in ask(adam, cloud).text
    answer = ask(adam, cloud, post=True)
    assert "hx-trigger" in answer.text
    assert "begin in a moment" in answer.text
    world.denied.add("ec2:RunInstances")
    check = CloudCheck.objects.get()
    check_cloud.apply(args=(check.pk,))
    page = ask(adam, cloud).text
    assert "hx-trigger" not in page[page.index('id="cloud-checks"') :]
    for words in (
        "Dry run of group head", "AWS does not allow ec2:RunInstances", "Blocks a launch",
        "Add ec2:RunInstances to their IAM policy.", "Raw answer", "vCPU quota Standard",
        "not capacity", " s</td>",
    ):  # fmt: skip
        assert words in page, words
    assert AuditEntry.objects.get(action="cloud.checks-requested").subject_name == "aws"


def test_answers_appear_one_by_one(cloud: Cloud, adam: User) -> None:
    check = made(cloud, adam)
    CloudCheck.objects.update(finished_at=None, results=check.results[:1])
    answer = ask(adam, cloud, **{"HX-Request": "true"})
    assert answer.text.strip().startswith('<div class="stack" id="cloud-checks" hx-get=')
    assert answer.text.count("Checking") >= len(check.planned) - 1


def test_only_admins_may(cloud: Cloud, alice: User, charlie: User) -> None:
    for user in (alice, charlie):
        assert ask(user, cloud).status_code == 403
        assert ask(user, cloud, post=True).status_code == 403
    assert not CloudCheck.objects.exists()


def test_a_kind_without_checks_says_so(adam: User, research: Team) -> None:
    cloud = make_cloud("k8s", provider="kubernetes", region="c", team=research)
    assert "Mobula has no checks for clouds on Kubernetes." in ask(adam, cloud).text
    with pytest.raises(NotChecked, match="no checks"):
        request_checks(cloud, by=adam)


def test_the_same_question_is_asked_once_at_a_time(cloud: Cloud, adam: User) -> None:
    first = request_checks(cloud, by=adam)
    assert request_checks(cloud, by=adam) == first
    with pytest.raises(IntegrityError), transaction.atomic():
        CloudCheck.objects.create(
            cloud=cloud, wanted={}, digest=first.digest, started_at=timezone.now()
        )
    check_cloud.apply(args=(first.pk,))
    assert request_checks(cloud, by=adam) != first


def test_a_round_that_a_killed_worker_left_is_given_up(cloud: Cloud, adam: User) -> None:
    first = request_checks(cloud, by=adam)
    CloudCheck.objects.update(started_at=timezone.now() - timedelta(minutes=3))
    page = ask(adam, cloud).text
    assert "Check that a Celery worker is running" in page
    assert "hx-trigger" not in page[page.index('id="cloud-checks"') :]
    assert request_checks(cloud, by=adam) != first
    first.refresh_from_db()
    assert first.finished_at
    assert "Celery worker" in first.message


def test_a_message_that_comes_twice_does_nothing_the_second_time(
    cloud: Cloud, adam: User, world: World
) -> None:
    check = made(cloud, adam)
    calls = len(world.calls)
    check_cloud.apply(args=(check.pk,))
    assert len(world.calls) == calls


def test_a_task_that_is_killed_and_comes_again_begins_anew(cloud: Cloud, adam: User) -> None:
    check = made(cloud, adam)
    CloudCheck.objects.update(finished_at=None, results=check.results[:2])
    check_cloud.apply(args=(check.pk,))
    check.refresh_from_db()
    assert len(check.results) == len(check.planned)
    assert check.finished_at


def test_without_a_broker_the_round_ends_with_the_reason(
    cloud: Cloud, adam: User, monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:  # fmt: skip
    def refuse(*_: object, **__: object) -> None:
        raise OperationalError

    monkeypatch.setattr(check_cloud, "apply_async", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        request_checks(cloud, by=adam)
    assert "message broker" in ask(adam, cloud).text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"settings": {"subnets": {"us-west-2a": "subnet-1"}}}, "is not a zone of us-east-1"),
        ({"sealed_credentials": "x.y.z"}, "Enter them again"),
    ],
)
def test_settings_and_credentials_that_cannot_be_read_are_the_answer(
    cloud: Cloud, adam: User, change: dict[str, Any], words: str
) -> None:
    Cloud.objects.update(**change)
    check = made(Cloud.objects.get(), adam)
    assert words in check.message
    assert words in ask(adam, cloud).text


def test_answers_are_fresh_for_the_same_question_and_settings_only(
    cloud: Cloud, adam: User
) -> None:
    wanted = Wanted(groups=[group()], mobula_url="http://127.0.0.1:8000")
    now = timezone.now()
    check, _ = checking.begin(cloud, wanted, now=now, asked_by=adam)
    assert checking.fresh(cloud, wanted, now=now) == check
    assert checking.fresh(cloud, Wanted(groups=[group()]), now=now) is None
    assert checking.fresh(cloud, wanted, now=now + timedelta(minutes=3)) is None  # lost
    CloudCheck.objects.update(finished_at=now)
    assert checking.fresh(cloud, wanted, now=now + timedelta(minutes=3)) == check
    assert checking.fresh(cloud, wanted, now=now + timedelta(minutes=11)) is None
    cloud.settings_version += 1
    assert checking.fresh(cloud, wanted, now=now) is None


def test_old_rounds_are_forgotten(cloud: Cloud, adam: User) -> None:
    old = made(cloud, adam)
    CloudCheck.objects.update(started_at=timezone.now() - timedelta(days=31))
    request_checks(cloud, by=adam)
    assert not CloudCheck.objects.filter(pk=old.pk).exists()
