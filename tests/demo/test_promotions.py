"""The change requests of the sample team: full pages, and nothing that could not have happened."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from itertools import pairwise
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client

from accounts.chain.verifying import verify
from accounts.models import AuditEntry, Team, User
from clusters import following, test_runs
from clusters.models import Cluster
from domain.promotions.states import RequestState, check_request_move
from promotions import progress
from promotions.evidence import gather
from promotions.models import ChangeRequest, Environment, Release, Rollout, TestRun
from promotions.permissions import may_approve, may_manage, may_request, may_roll_back
from promotions.queries import standing_of

SEEN = {"done", "awaiting approval", "rejected", "rolled back", "blocked"}


@pytest.fixture(scope="module")
def audited(django_db_setup: None, django_db_blocker: Any) -> Iterator[int]:
    """The sample team, written once for this module; how long the audit log was before it."""
    del django_db_setup
    with django_db_blocker.unblock(), transaction.atomic():
        before = AuditEntry.objects.count()
        User.objects.create_user("vera@example.org", name="Vera")
        call_command("demo_data", days=3, stdout=StringIO())
        yield before
        transaction.set_rollback(True)


@pytest.fixture
def team(audited: int, db: None) -> Team:
    del audited, db
    return Team.objects.get(is_sample=True)


@pytest.fixture
def requests(team: Team) -> list[ChangeRequest]:
    rows = ChangeRequest.objects.filter(team=team).select_related("environment", "version")
    return list(rows.order_by("pk"))


def test_there_is_a_request_in_every_state_worth_a_look(requests: list[ChangeRequest]) -> None:
    assert {request.state for request in requests} == SEEN
    assert any(request.is_hotfix for request in requests)
    assert TestRun.objects.filter(request__in=requests, state="passed").exists()
    assert TestRun.objects.filter(request__in=requests, state="failed").exists()


def test_each_step_is_an_arrow_of_the_states_and_they_come_in_the_order_of_time(
    requests: list[ChangeRequest],
) -> None:
    for request in requests:
        steps = list(request.steps.order_by("pk"))
        first = RequestState.QUEUED if request.rolls_back_id else RequestState.DRAFT
        assert (steps[0].to_state, steps[-1].to_state) == (first, request.state)
        assert steps[-1].at == request.state_since
        for one, two in pairwise(steps):
            assert (one.to_state, one.at <= two.at) == (two.from_state, True)
            check_request_move(RequestState(one.to_state), RequestState(two.to_state))


def test_approvals_are_bound_to_what_was_shown(requests: list[ChangeRequest]) -> None:
    for request in requests:
        given = list(request.approvals.all())
        assert all(approval.digest == request.digest for approval in given)
        assert all(approval.places for approval in given)
        assert not {a.user_id for a in given} & {request.author_id, request.version.author_id}
        asked = request.environment.approvals and not request.rolls_back_id
        if asked and request.state in {"done", "rolled back"}:
            assert len(given) == request.environment.approvals, request
    waiting = next(request for request in requests if request.state == "awaiting approval")
    assert standing_of(waiting).words == "Needs 2 more approvals."
    assert gather(waiting).digest == waiting.digest  # nothing has changed since


def test_releases_follow_each_other_and_clusters_have_what_production_has(team: Team) -> None:
    for environment in Environment.objects.filter(team=team):
        rows = Release.objects.filter(environment=environment).order_by("template", "number")
        for one, two in pairwise(rows):
            if one.template_id == two.template_id:
                assert (two.number, one.replaced_at) == (one.number + 1, two.released_at)
                assert two.request.base_id == one.pk
            else:
                assert (one.replaced_at, two.number) == (None, 1)
    following_it = Cluster.objects.filter(team=team, release__isnull=False)
    assert {str(cluster.version) for cluster in following_it} == {"nightly-etl:2", "serving:1"}
    for cluster in following_it.select_related("release"):
        assert cluster.release is not None
        assert (cluster.release.replaced_at, cluster.environment) == (None, "prod")
        assert cluster.release.version_id == cluster.version_id
        assert Rollout.objects.filter(request=cluster.release.request_id, cluster_id=cluster.pk)


def test_what_failed_was_rolled_back_to_the_release_before(requests: list[ChangeRequest]) -> None:
    failed = next(request for request in requests if request.state == "rolled back")
    back = failed.rollbacks.get()
    assert (str(failed.version), str(back.version)) == ("nightly-etl:2", "nightly-etl:1")
    assert failed.release.failed_at == back.steps.earliest("pk").at
    assert back.release.verified_at


def test_no_worker_looks_after_it_and_no_one_can_decide(
    requests: list[ChangeRequest], team: Team
) -> None:
    ids = {request.pk for request in requests}
    assert not ids & set(progress.due())
    assert not ids & set(following.due())
    runs = TestRun.objects.filter(request__in=ids).values_list("pk", flat=True)
    assert not set(runs) & set(test_runs.due())
    root = User.objects.create_superuser("root@example.org")
    assert not may_request(root, team=team)
    assert not may_manage(root, team=team)
    for request in ChangeRequest.objects.filter(pk__in=ids):
        assert not may_approve(root, request)
        assert not may_roll_back(root, request)


def test_the_audit_log_stays_whole_and_has_no_entry_of_it(audited: int, team: Team) -> None:
    assert AuditEntry.objects.count() == audited
    assert not AuditEntry.objects.filter(team=team).exists()
    assert verify().problem == ""


def test_its_pages_are_full(requests: list[ChangeRequest], team: Team, client: Client) -> None:
    client.force_login(User.objects.get(email="vera@example.org"))
    client.post("/accounts/switch-team/", {"team": team.pk})
    page = client.get("/changes/?show=all").text
    for words in ("End clusters that train nothing", "Hotfix", "Rolled back", "Rejected"):
        assert words in page
    for request in requests:
        review = client.get(f"/changes/{request.pk}/")
        assert (review.status_code, "Sample data" in review.text) == (200, True)
    failed = next(request for request in requests if request.state == "rolled back")
    review = client.get(f"/changes/{failed.pk}/").text
    assert "2 jobs failed since the release" in review
    assert "Taken back by" in review
    template = client.get(f"/templates/{failed.template_id}/").text
    assert "nightly-etl:2" in template
    assert client.get("/environments/").status_code == 200
    assert "Grace Kim" in client.get("/environments/prod/").text
