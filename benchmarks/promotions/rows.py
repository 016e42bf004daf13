"""A team that has released for years: 20,000 versions and 5,000 change requests.

One request is made and checked by the services themselves; the others get its evidence, written
straight into the tables with the steps, checks, approvals, releases and clusters that belong to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched
from uuid import uuid4

from django.db import connection

from accounts.models import Membership, Team, User
from accounts.roles import Role
from configurations.models import Template, Version
from configurations.services.templates import create_template
from domain.promotions.states import OPEN_STATES, RequestState
from promotions.environments import saved_environments
from promotions.models import (
    Approval,
    Approver,
    ApproverGroup,
    ChangeRequest,
    CheckResult,
    Comment,
    Environment,
    Release,
    Rollout,
    Step,
)
from promotions.services.requests import request_change
from tests.promotions.steps import carry_on

TEMPLATES, VERSIONS, REQUESTS = 40, 500, 125  # of each template: versions, and requests
MEMBERS, APPROVERS = 200, 12
APART = 11  # one version of so many is released
GROUPS = 12  # of worker nodes in each version
R = RequestState
_CHECKED = (R.DRAFT, R.CHECKING, R.READY)
_APPLIED = (R.APPROVED, R.QUEUED, R.APPLYING, R.VERIFYING)
# The states that a request went through, by the one it is in now.
PATHS: dict[RequestState, tuple[RequestState, ...]] = {
    R.BLOCKED: (R.DRAFT, R.CHECKING, R.BLOCKED),
    R.AWAITING_APPROVAL: (*_CHECKED, R.AWAITING_APPROVAL),
    R.REJECTED: (*_CHECKED, R.AWAITING_APPROVAL, R.REJECTED),
    R.DONE: (*_CHECKED, R.AWAITING_APPROVAL, *_APPLIED, R.DONE),
    R.ROLLED_BACK: (*_CHECKED, R.AWAITING_APPROVAL, *_APPLIED, R.FAILED, R.ROLLED_BACK),
}
RELEASED = frozenset({R.DONE, R.ROLLED_BACK})


@dataclass(frozen=True, slots=True)
class Written:
    """What the pages are measured with: a request that waits, one that is done, an approver."""

    waiting: ChangeRequest
    done: ChangeRequest
    approver: User


def fill(team: Team, author: User, *, now: datetime) -> Written:
    """Write everything; return what to look at."""
    people = _people(team)
    environments = saved_environments(team)
    approvers = _approvers(environments[-1], people, by=author)
    first = _real_request(team, author, environments[-1])
    requests = _requests(team, author, environments, like=first, now=now)
    for part in batched(requests, 500, strict=False):
        _write(part, like=first, approver=approvers[0])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    done = ChangeRequest.objects.filter(state=R.DONE, environment=environments[-1]).latest("pk")
    return Written(waiting=first, done=done, approver=approvers[-1])


def text_of(number: int) -> str:
    """Return the configuration of a version: some of it changes with each."""
    groups = "".join(
        f"""\
  - name: workers-{group}
    instance_type: {2 ** (1 + group % 3)}CPU-{2 ** (3 + group % 3)}GB
    min_nodes: {group % 2}
    max_nodes: {2 + (number + group) // 3 % 20}
    resources:
      shard-{group}: 1
"""
        for group in range(GROUPS)
    )
    head = "cloud: local\nhead_node:\n  instance_type: 4CPU-16GB\nworker_nodes:\n"
    return f"{head}{groups}mobula:\n  idle_minutes: {10 + number % 50}\n"


def _people(team: Team) -> list[User]:
    people = User.objects.bulk_create(
        User(email=f"user-{number}@example.org", password="!")  # noqa: S106 - none is usable
        for number in range(MEMBERS)
    )
    Membership.objects.bulk_create(
        Membership(team=team, user=user, role=Role.ENGINEER) for user in people
    )
    return people


def _approvers(environment: Environment, people: Sequence[User], *, by: User) -> list[User]:
    groups = [
        ApproverGroup.objects.create(environment=environment, name=name)
        for name in ("leads", "platform", "security")
    ]
    chosen = people[:APPROVERS]
    Approver.objects.bulk_create(
        Approver(group=groups[place % len(groups)], user=user, added_by=by)
        for place, user in enumerate(chosen)
    )
    Environment.objects.filter(pk=environment.pk).update(needs_previous=False)
    return list(chosen)


def _real_request(team: Team, author: User, environment: Environment) -> ChangeRequest:
    """Return a request that is checked and waits for approval, with a release to compare with."""
    version = create_template(
        team=team, name="template-0", text=text_of(1), message="First.", by=author
    )
    for number in range(1, TEMPLATES):
        Template.objects.create(team=team, name=f"template-{number}", created_by=author)
    rows = [
        Version(
            template=template,
            number=number,
            text=text_of(number),
            digest=hashlib.sha256(text_of(number).encode()).hexdigest(),
            message=f"Version {number}.",
            author=author,
        )
        for template in Template.objects.filter(team=team)
        for number in range(1, VERSIONS + 1)
        if (template.pk, number) != (version.template_id, 1)
    ]
    Version.objects.bulk_create(rows, batch_size=1_000)
    earlier = request_change(version, environment=environment.name, title="First.", by=author)
    _release(earlier)
    newest = version.template.versions.latest("number")
    asked = request_change(newest, environment=environment.name, title="Newest.", by=author)
    waiting = carry_on(asked)
    if waiting.state != R.AWAITING_APPROVAL:
        said = [f"{check.kind}: {check.summary}" for check in waiting.checks.all()]
        raise RuntimeError(f"The request is {waiting.state}: {said}")
    return waiting


def _release(request: ChangeRequest) -> None:
    """Let a request be done and its release be the current one."""
    ChangeRequest.objects.filter(pk=request.pk).update(state=R.DONE)
    Release.objects.create(
        team=request.team,
        environment=request.environment,
        template=request.template,
        version=request.version,
        number=1,
        request=request,
        verified_at=request.created_at,
    )


def _requests(
    team: Team,
    author: User,
    environments: Sequence[Environment],
    *,
    like: ChangeRequest,
    now: datetime,
) -> Iterator[ChangeRequest]:
    """Yield the requests of all templates, the oldest first, in the order of time."""
    templates = {row.pk: row for row in Template.objects.filter(team=team)}
    count = TEMPLATES * REQUESTS
    versions = Version.objects.filter(template__team=team).defer("text", "rationale")
    by_place = {(row.template_id, row.number): row for row in versions}
    for place in range(count - 2):  # two are there
        step, template = divmod(place, TEMPLATES)
        step_of_version, environment = divmod(step, len(environments))
        template_id = sorted(templates)[template]
        at = now - timedelta(days=730) * (count - place) / count
        yield ChangeRequest(
            team=team,
            template=templates[template_id],
            version=by_place[template_id, 2 + step_of_version * APART],
            environment=environments[environment],
            author=author,
            title=f"Version {2 + step_of_version * APART} of template {template}",
            description="What **approvers** should know.\n\n- one\n- two\n",
            state=_state(step, is_prod=environment == len(environments) - 1),
            state_since=at,
            created_at=at,
            expires_at=now + timedelta(days=14),
            round=1,
            digest=like.digest,
            parts=like.parts,
            evidence=like.evidence,
            wake_at=now + timedelta(days=365),
        )


def _state(step: int, *, is_prod: bool) -> RequestState:
    """Return what became of a template's request: most were released, the last ones are open."""
    if step >= REQUESTS - 3:
        return R.BLOCKED if step == REQUESTS - 1 else R.AWAITING_APPROVAL
    if is_prod and step % 5 == 0:
        return R.REJECTED
    return R.ROLLED_BACK if is_prod and step % 7 == 0 else R.DONE


def _write(part: Sequence[ChangeRequest], *, like: ChangeRequest, approver: User) -> None:
    requests = ChangeRequest.objects.bulk_create(part)
    Step.objects.bulk_create(step for request in requests for step in _steps(request))
    checks = list(like.checks.all())
    CheckResult.objects.bulk_create(
        CheckResult(
            request=request,
            round=1,
            kind=check.kind,
            verdict=check.verdict,
            summary=check.summary,
            answer=check.answer,
            answered_at=request.created_at,
        )
        for request in requests
        for check in checks
    )
    Comment.objects.bulk_create(
        Comment(request=request, author=request.author, text=f"Comment **{number}**.")
        for request in requests
        for number in range(3)
    )
    Approval.objects.bulk_create(
        Approval(
            request=request,
            user=approver,
            decision="reject" if request.state == R.REJECTED else "approve",
            digest=request.digest,
            places=[],
            groups=["leads"],
            reason="Seen.",
        )
        for request in requests
        if request.state not in OPEN_STATES
    )
    released = [request for request in requests if request.state in RELEASED]
    _write_releases(released)
    Rollout.objects.bulk_create(
        Rollout(
            request=request,
            cluster_id=uuid4(),
            cluster_name=f"cluster-{number}",
            state=Rollout.State.FOLLOWING,
        )
        for request in released
        for number in range(3)
    )


def _steps(request: ChangeRequest) -> Iterator[Step]:
    path = PATHS[RequestState(request.state)]
    for place, state in enumerate(path):
        yield Step(
            request=request,
            from_state=path[place - 1] if place else "",
            to_state=state,
            actor=request.author,
            reason="As it had to be.",
            at=request.created_at + timedelta(minutes=place),
        )


def _write_releases(requests: Sequence[ChangeRequest]) -> None:
    """Write the releases of requests; each replaces the one before."""
    for request in requests:
        rows = Release.objects.filter(environment=request.environment, template=request.template)
        last = rows.order_by("-number").first()
        rows.filter(replaced_at=None).update(replaced_at=request.created_at)
        is_good = request.state == R.DONE
        Release.objects.create(
            team=request.team,
            environment=request.environment,
            template=request.template,
            version=request.version,
            number=last.number + 1 if last else 1,
            request=request,
            released_by=request.author,
            released_at=request.created_at,
            verified_at=request.created_at if is_good else None,
            failed_at=None if is_good else request.created_at,
        )
