"""Environments, change requests and releases of the sample team.

Each request goes through the states that a real one goes through, with real evidence: prices,
changes and digests are those of its version, checks are made by the checks themselves. Some of them
ask the cloud, which the sample has none of; they get the answer of a cloud that can be used.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from accounts.models import Team, User
from clusters.models import Cluster
from configurations.models import Version
from domain.promotions.checks import CheckKind
from domain.promotions.states import RequestState, TestRunState, check_request_move
from mobula.demo.releasing import roll_back, write_release
from mobula.demo.requests import APPROVERS, REQUESTS, SampleRequest
from mobula.demo.sample import LATER
from promotions.checks import answer_of, kinds_for
from promotions.checks.answer import Answer, passed
from promotions.environments import saved_environments
from promotions.evidence import gather
from promotions.models import (
    Approval,
    Approver,
    ApproverGroup,
    ChangeRequest,
    CheckResult,
    Comment,
    Environment,
    Step,
    TestRun,
)

R = RequestState
MINUTE = timedelta(minutes=1)
# How long after the step before each one came.
_AFTER = {
    R.CHECKING: timedelta(0),
    R.READY: 6 * MINUTE,
    R.BLOCKED: 6 * MINUTE,
    R.AWAITING_APPROVAL: timedelta(0),
    R.APPROVED: 95 * MINUTE,
    R.REJECTED: 140 * MINUTE,
    R.VERIFYING: 7 * MINUTE,
    R.DONE: 5 * MINUTE,
    R.FAILED: 3 * MINUTE,
    R.ROLLED_BACK: 11 * MINUTE,
}
_REASONS = {
    R.DRAFT: "Created.",
    R.CHECKING: "Submitted.",
    R.READY: "All checks are done.",
    R.AWAITING_APPROVAL: "Waits for approval.",
    R.QUEUED: "Waits for its turn.",
    R.VERIFYING: "All clusters follow the release.",
}
CAPACITY = "12 nodes launched on such machines in the last 24 hours, and none failed."
_LOG = """\
task 0 on 10.0.0.4
task 1 on 10.0.0.5
"""
_FAILED_LOG = """\
task 0 on 10.0.0.4
ray.exceptions.OutOfMemoryError: Task was killed due to the node running low on memory.
"""


def write_promotions(team: Team, *, now: datetime) -> None:
    """Write the team's environments and all that was released in them."""
    environments = {each.name: each for each in saved_environments(team)}
    approvers = [User.objects.get(memberships__team=team, name=name) for name in APPROVERS]
    _write_rules(environments, approvers)
    versions = {
        (version.template.name, version.number): version
        for version in Version.objects.filter(template__team=team).select_related(
            "template__team", "author"
        )
    }
    for sample in REQUESTS:
        version = versions[sample.template, sample.number]
        _write_request(sample, version, environments[sample.environment], approvers, now=now)


def _write_rules(environments: dict[str, Environment], approvers: list[User]) -> None:
    test, prod = environments["test"], environments["prod"]
    test.workload, prod.approvals = "cpu_tasks", len(approvers)
    group = ApproverGroup.objects.create(environment=prod, name="leads")
    for user in approvers:
        Approver.objects.create(group=group, user=user, added_by=approvers[0])
    prod.bypass.add(approvers[0])
    for environment in (test, prod):
        environment.save()


def _write_request(
    sample: SampleRequest,
    version: Version,
    environment: Environment,
    approvers: list[User],
    *,
    now: datetime,
) -> None:
    began = now - timedelta(days=sample.days_ago)
    request = ChangeRequest.objects.create(
        team=version.template.team,
        template=version.template,
        version=version,
        environment=environment,
        author=version.author,
        title=sample.title,
        description=f"Brings {version} to {environment}.",
        skipped=list(sample.skipped),
        skip_reason=sample.reason if sample.skipped else "",
        skipped_by=approvers[0] if sample.skipped else None,
        state=sample.state,
        round=sample.path.count(R.CHECKING),
        created_at=began,
        expires_at=now + LATER,
        wake_at=now + LATER,  # no worker looks after it
    )
    times = _write_steps(request, sample, approvers, began=began)
    _write_evidence(request, sample, at=times.get(R.READY, began + 6 * MINUTE))
    _write_words(request, sample, approvers, times=times, began=began)
    if R.APPLYING not in times:
        return
    clusters = Cluster.objects.filter(version__template=version.template).order_by("name")
    followers = list(clusters[: sample.followers])
    is_good = sample.state == R.DONE
    ended = times[R.DONE if is_good else R.FAILED]
    write_release(
        request, followers, at=times[R.APPLYING], ended=ended, why="" if is_good else sample.reason
    )
    if not is_good:
        roll_back(request, followers, reason=sample.reason, at=ended, ended=times[R.ROLLED_BACK])


def _write_steps(
    request: ChangeRequest, sample: SampleRequest, approvers: list[User], *, began: datetime
) -> dict[RequestState, datetime]:
    """Write the steps of the request's path; return when each state began."""
    at, before, times = began, None, dict[RequestState, datetime]()
    for state in sample.path:
        if before is not None:
            check_request_move(before, state)
        at += _AFTER.get(state, MINUTE / 20)
        times[state] = at
        Step.objects.create(
            request=request,
            from_state=before or "",
            to_state=state,
            actor=_actor(request, state, approvers),
            reason=_reason(request, sample, state, before=before),
            at=at,
        )
        before = state
    ChangeRequest.objects.filter(pk=request.pk).update(state_since=at)
    return times


def _actor(request: ChangeRequest, state: RequestState, approvers: list[User]) -> User | None:
    if state in {R.DRAFT, R.CHECKING}:
        return request.author
    decided = {R.REJECTED} | ({R.APPROVED} if request.environment.approvals else set())
    return approvers[-1] if state in decided else None


def _reason(
    request: ChangeRequest,
    sample: SampleRequest,
    state: RequestState,
    *,
    before: RequestState | None,
) -> str:
    environment = request.environment
    if state == R.BLOCKED:
        return f"Failed: {CheckKind.PREVIOUS.label if sample.skipped else 'Test workload'}."
    if before == R.BLOCKED:
        return f"Hotfix: skips {', '.join(sample.skipped)}. {sample.reason}"
    if state == R.APPROVED:
        is_asked = environment.approvals
        words = "Enough approvers approved it." if is_asked else ""
        return words or f"{environment} asks for no approval."
    if state == R.APPLYING:
        return f"Released {request.version} in {environment}."
    if state == R.DONE:
        count = sample.followers
        words = f"{count} clusters do well." if count else ""
        return words or "No running cluster follows the release yet."
    if state == R.ROLLED_BACK:
        return f"Rolled back to {request.template.name}:{sample.number - 1}."
    return _REASONS.get(state, sample.reason)


def _write_evidence(request: ChangeRequest, sample: SampleRequest, *, at: datetime) -> None:
    """Make the checks, and bind the request to what they and its version say."""
    if request.environment.workload:
        _write_test_run(request, fails=sample.fails_test, ended=at)
    CheckResult.objects.bulk_create(_checks(request, at=at))
    found = gather(request)
    request.digest, request.parts, request.evidence = found.digest, found.parts, dict(found.shown)
    request.mailed_digest = request.digest
    request.save(update_fields=["digest", "parts", "evidence", "mailed_digest"])


def _checks(request: ChangeRequest, *, at: datetime) -> Iterator[CheckResult]:
    for kind in kinds_for(request):
        answer = _of_the_cloud(request, kind) or answer_of(kind, request)
        if answer is None:
            raise RuntimeError(f"The check {kind} of {request} has no answer.")
        yield CheckResult(
            request=request,
            round=request.round,
            kind=kind,
            verdict=answer.verdict,
            summary=answer.summary,
            answer=dict(answer.answer),
            asked_at=at - MINUTE,
            attempts=1,
            answered_at=at,
        )


def _of_the_cloud(request: ChangeRequest, kind: CheckKind) -> Answer | None:
    """Return what a check finds on a cloud where clusters can be launched."""
    cloud = gather(request).shown["cloud"]
    return {
        CheckKind.CONFIGURATION: passed("The configuration is valid and can be launched."),
        CheckKind.CLOUD: passed(f"{cloud}.", cloud=cloud),
        CheckKind.CAPACITY: passed(CAPACITY),
        CheckKind.QUOTA: passed(f"{cloud} refused no node for its quota in the last 24 hours."),
    }.get(kind)


def _write_test_run(request: ChangeRequest, *, fails: bool, ended: datetime) -> None:
    environment = request.environment
    TestRun.objects.create(
        request=request,
        round=1,
        version=request.version,
        environment=environment.name,
        workload=environment.workload,
        max_minutes=environment.workload_minutes,
        max_usd=environment.workload_usd,
        state=TestRunState.FAILED if fails else TestRunState.PASSED,
        summary="CPU tasks failed with exit code 1." if fails else "CPU tasks succeeded in 21 s.",
        log=_FAILED_LOG if fails else _LOG,
        cost_usd=Decimal("0.061250"),
        workload_seconds=21.4,
        utilization={"cpu": 0.71, "memory": 0.38},
        wanted_at=ended - 5 * MINUTE,
        started_at=ended - 5 * MINUTE,
        ended_at=ended,
        settled_at=ended + MINUTE,
    )


def _write_words(
    request: ChangeRequest,
    sample: SampleRequest,
    approvers: list[User],
    *,
    times: dict[RequestState, datetime],
    began: datetime,
) -> None:
    """Write what people said: approvals, a rejection, comments."""
    decision = Approval.Decision.REJECT if R.REJECTED in times else Approval.Decision.APPROVE
    last = times.get(R.REJECTED) or times.get(R.APPROVED) or began + 60 * MINUTE
    for place, user in enumerate(approvers[-sample.approvals :] if sample.approvals else []):
        places = Approver.objects.filter(user=user, group__environment=request.environment)
        Approval.objects.create(
            request=request,
            user=user,
            decision=decision,
            digest=request.digest,
            places=list(places.values_list("pk", flat=True)),
            groups=["leads"],
            reason=sample.reason if R.REJECTED in times else "",
            at=last - (sample.approvals - 1 - place) * 20 * MINUTE,
        )
    people = [approvers[0], request.author]
    for place, text in enumerate(sample.comments):
        at = last - (len(sample.comments) - place) * 10 * MINUTE
        Comment.objects.create(request=request, author=people[place % 2], text=text, at=at)
