"""The code of a test run is fetched once and pinned; what cannot be fetched fails the run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils.timezone import now

from accounts.models import User
from clusters.test_runs import advance
from promotions import progress
from promotions.code import fetching, git
from promotions.models import ChangeRequest, CodePackage, Environment, TestRun
from promotions.services.environments import change_rules
from promotions.services.requests import check_request
from tests.doubles.git_server import GitServer
from tests.promotions.steps import carry_on

pytestmark = pytest.mark.django_db
type Ask = Callable[..., ChangeRequest]


@pytest.fixture
def request_of_git(
    environments: dict[str, Environment], git_server: GitServer, lead: User, ask: Ask
) -> ChangeRequest:
    """alice's request, whose command runs in the folder checks of the repository."""
    values = {
        "workload": "command",
        "workload_command": "python run.py",
        "workload_code": "git",
        "workload_git_url": git_server.url,
        "workload_git_ref": "main",
        "workload_git_folder": "checks",
        "approvals": 1,
    }
    change_rules(environments["test"], values=values, by=lead)
    return ask("test")


def run_of(request: ChangeRequest) -> TestRun:
    return TestRun.objects.filter(request=request).latest("pk")


def test_no_cluster_is_launched_before_the_code_is_here(
    request_of_git: ChangeRequest, git_server: GitServer
) -> None:
    (wanted,) = progress.advance(request_of_git.pk).code
    run = run_of(request_of_git)
    assert wanted == run.pk
    # A worker is at it: a request that is looked at again does not fetch twice.
    assert progress.advance(request_of_git.pk).code == []
    advance(run.pk)
    run.refresh_from_db()
    assert (run.state, run.waits_for_code) == ("wanted", True)
    fetching.fetch_code(run.pk)
    advance(run.pk)
    run.refresh_from_db()
    assert run.state == "starting", run.summary


def test_the_branch_may_move_and_the_run_keeps_its_commit(
    request_of_git: ChangeRequest, git_server: GitServer
) -> None:
    carry_on(request_of_git)
    run = run_of(request_of_git)
    first = git.fetch(fetching.GitSource(url=git_server.url)).commit
    fetching.fetch_code(run.pk)
    moved = git_server.commit({"checks/run.py": "print('other')\n"})
    fetching.fetch_code(run.pk)  # a message that comes twice
    run.refresh_from_db()
    assert run.package is not None
    assert (run.code["commit"], run.code["digest"]) == (first, run.package.digest)
    assert CodePackage.objects.count() == 1
    TestRun.objects.update(state="passed", ended_at=now())
    request = carry_on(request_of_git)
    assert request.state == "awaiting approval"
    digest = request.digest
    assert carry_on(request).digest == digest  # the branch moved; what was tested did not
    check = request.checks.get(round=request.round, kind="test-workload")
    assert check.answer["code"]["commit"] == first
    check_request(request, by=request.author)
    carry_on(request)
    again = run_of(request)
    fetching.fetch_code(again.pk)
    again.refresh_from_db()
    assert again.code["commit"] == moved
    assert again.code["digest"] != run.code["digest"]


def test_a_ref_that_is_gone_fails_the_run_at_once(
    request_of_git: ChangeRequest, lead: User
) -> None:
    carry_on(request_of_git)
    run = run_of(request_of_git)
    TestRun.objects.update(code={**run.code, "ref": "gone"})
    fetching.fetch_code(run.pk)
    run.refresh_from_db()
    assert run.state == "failed"
    assert "No cluster was launched: " in run.summary
    assert "has no branch, tag or commit 'gone'" in run.summary
    request = carry_on(request_of_git)
    assert request.state == "blocked"


def test_a_server_that_is_away_is_asked_three_times(
    request_of_git: ChangeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: object) -> None:
        raise git.GitError("The server is away.", retryable=True)

    monkeypatch.setattr(git, "fetch", away)
    run = run_after = None
    for attempt in range(1, 4):
        (run_id,) = progress.advance(request_of_git.pk).code
        fetching.fetch_code(run_id)
        run_after = TestRun.objects.get(pk=run_id)
        assert run_after.fetch_attempts == attempt
        assert run_after.state == ("wanted" if attempt < 3 else "failed")
        assert "The server is away." in run_after.summary
        run = run or run_after
    assert request_of_git.test_runs.count() == 1


def test_a_worker_that_was_killed_is_replaced_and_three_fail_the_run(
    request_of_git: ChangeRequest,
) -> None:
    for _ in range(3):
        assert progress.advance(request_of_git.pk).code
        TestRun.objects.update(fetch_asked_at=now() - timedelta(minutes=2))
    assert progress.advance(request_of_git.pk).code == []
    run = run_of(request_of_git)
    assert run.state == "failed"
    assert "No worker finished to fetch its code, 3 times." in run.summary


def test_code_that_cannot_be_a_directory_fails_the_run_by_name(
    request_of_git: ChangeRequest, git_server: GitServer
) -> None:
    (git_server.tree / "checks" / "link").symlink_to("/etc")
    git_server.push()
    carry_on(request_of_git)
    run = run_of(request_of_git)
    fetching.fetch_code(run.pk)
    run.refresh_from_db()
    assert run.state == "failed"
    assert "/checks at main cannot be used. 'link' is a symbolic link." in run.summary


def test_a_run_that_was_canceled_meanwhile_takes_nothing(request_of_git: ChangeRequest) -> None:
    carry_on(request_of_git)
    run = run_of(request_of_git)
    TestRun.objects.update(state="canceled", ended_at=now())
    fetching.fetch_code(run.pk)
    run.refresh_from_db()
    assert run.package is None
