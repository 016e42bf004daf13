"""What pages and progress ask about requests and releases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.db.models import QuerySet

from accounts.models import Team, User
from configurations.models import Template
from domain.promotions.approval import GivenApproval, Standing, standing
from domain.promotions.checks import CheckKind, Verdict
from domain.promotions.states import OPEN_STATES, RequestState
from promotions.environments import approval_rule, environments_of
from promotions.models import Approval, Approver, ChangeRequest, CheckResult, Environment, Release
from promotions.permissions import counting_people


def requests_of(team: Team) -> QuerySet[ChangeRequest]:
    """Return the team's change requests with what a list shows, newest first."""
    return (
        ChangeRequest.objects.filter(team=team)
        .select_related("template", "version__template", "environment", "author", "base__version")
        .defer("version__text", "base__version__text", "evidence")
        .order_by("-pk")
    )


def open_requests(template: Template) -> QuerySet[ChangeRequest]:
    """Return the template's requests that are not decided or done yet, newest first."""
    rows = ChangeRequest.objects.filter(template=template, state__in=OPEN_STATES)
    return rows.select_related("version__template", "environment", "author").order_by("-pk")


def inbox_of(user: User, *, team: Team) -> QuerySet[ChangeRequest]:
    """Return the requests of the team that wait for an approval `user` may be able to give."""
    groups = Approver.objects.filter(user=user, group__environment__team=team)
    given = Approval.objects.filter(user=user, voided_at=None).values("request")
    return (
        requests_of(team)
        .filter(
            state=RequestState.AWAITING_APPROVAL,
            environment__in=groups.values("group__environment"),
        )
        .exclude(pk__in=given)
    )


def current_releases(template: Template) -> Mapping[int, Release]:
    """Return what each environment has of the template now, by the environment's id."""
    rows = Release.objects.filter(template=template, replaced_at=None)
    return {row.environment_id: row for row in rows.select_related("version__template", "request")}


def current_release(environment: Environment, template: Template) -> Release | None:
    """Return what the environment has of the template now."""
    if environment.pk is None:
        return None
    rows = Release.objects.filter(environment=environment, template=template, replaced_at=None)
    return rows.select_related("version__template", "environment").first()


def last_good_release(release: Release) -> Release | None:
    """Return the newest release before this one that was verified."""
    rows = Release.objects.filter(
        environment=release.environment,
        template=release.template,
        number__lt=release.number,
        verified_at__isnull=False,
        failed_at=None,
    )
    return rows.select_related("version__template", "environment").order_by("-number").first()


def checks_of(request: ChangeRequest) -> Sequence[CheckResult]:
    """Return the checks of the present round, in the order of the page."""
    order = list(CheckKind)
    rows = request.checks.filter(round=request.round)
    return sorted(rows, key=lambda row: order.index(CheckKind(row.kind)))


def verdicts_of(checks: Iterable[CheckResult]) -> dict[CheckKind, Verdict]:
    """Return the answers that are there."""
    return {CheckKind(row.kind): Verdict(row.verdict) for row in checks if row.verdict}


def standing_of(request: ChangeRequest) -> Standing:
    """Return how far the request is from being approved, by the list of approvers of now."""
    rows = request.approvals.filter(voided_at=None, decision=Approval.Decision.APPROVE)
    active, barred = counting_people(request)
    return standing(
        approval_rule(request.environment),
        [
            GivenApproval(person=row.user_id, places=frozenset(row.places), digest=row.digest)
            for row in rows
        ],
        digest=request.digest,
        barred=barred,
        active=active,
    )


def pipeline_of(template: Template) -> list[tuple[Environment, Release | None]]:
    """Return each environment of the template's team with what it has now, in order."""
    current = current_releases(template)
    return [(each, current.get(each.pk or 0)) for each in environments_of(template.team)]
