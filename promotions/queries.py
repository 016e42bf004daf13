"""What pages and progress ask about requests and releases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from django.db.models import Prefetch, Q, QuerySet
from django.db.models.fields.json import KT

from accounts.models import Team, User
from configurations.models import Template, Version
from domain.promotions.approval import GivenApproval, Standing, standing
from domain.promotions.checks import CheckKind, Verdict
from domain.promotions.states import OPEN_STATES, RequestState
from promotions.environments import approval_rule, environments_of
from promotions.models import (
    Approval,
    Approver,
    ApproverGroup,
    ChangeRequest,
    CheckResult,
    Environment,
    EnvironmentSettings,
    Release,
)
from promotions.permissions import counting_people


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFilter:
    """Which change requests to list; an empty word filters nothing."""

    show_all: bool = False  # also what is done, or was given up
    words: str = ""
    environment: str = ""
    template: str = ""
    state: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Self:
        """Return the filter that the address of a page names."""
        state = given.get("state", "")
        return cls(
            show_all=given.get("show") == "all" or state not in {"", *OPEN_STATES},
            words=given.get("q", ""),
            environment=given.get("environment", ""),
            template=given.get("template", ""),
            state=state,
        )

    def __bool__(self) -> bool:
        return any((self.words, self.environment, self.template, self.state))

    @property
    def condition(self) -> Q:
        """The filter as a condition of the query."""
        found = Q() if self.show_all else Q(state__in=OPEN_STATES)
        if self.words:
            named = Q(title__icontains=self.words) | Q(author__email__icontains=self.words)
            found &= named | Q(template__name__icontains=self.words)
        if self.environment:
            found &= Q(environment__name=self.environment)
        if self.template:
            found &= Q(template__name=self.template)
        return found & Q(state=self.state) if self.state else found


def requests_of(team: Team, *, only: RequestFilter | None = None) -> QuerySet[ChangeRequest]:
    """Return the team's change requests with what a list shows, newest first.

    `most` and `most_before` are the maximum per hour in USD, as text.
    """
    rows = ChangeRequest.objects.filter(team=team)
    rows = rows.filter(only.condition) if only is not None else rows
    return (
        rows.select_related("template", "version__template", "environment", "author")
        .annotate(
            most=KT("evidence__prices__most"),
            most_before=KT("evidence__prices_before__most"),
            released=KT("evidence__base"),
        )
        .defer("version__text", "version__rationale", "evidence", "parts", "description")
        .order_by("-pk")
    )


def request_for_page(user: User) -> QuerySet[ChangeRequest]:
    """Return the requests that `user` may see, with all that the page of one shows of others."""
    rows = ChangeRequest.objects.visible_to(user).select_related(
        *("team", "template__team", "version__author", "version__template", "environment__team"),
        *("author", "skipped_by", "release"),
    )
    # Apart: to plan one query with all these joins takes longer than two more queries.
    released = Release.objects.select_related("version__template")
    undone = ChangeRequest.objects.select_related("version__template", "environment")
    rows = rows.prefetch_related(Prefetch("base", released))
    return rows.prefetch_related(Prefetch("rolls_back", undone))


def base_of(request: ChangeRequest) -> Version | None:
    """Return the version that the request was compared with, or would be now, if there is one."""
    if request.base:
        return request.base.version
    if not request.evidence:
        release = current_release(request.environment, request.template)
        return release.version if release else None
    number = str(request.evidence.get("base", "")).rpartition(":")[2]
    if not number.isdecimal():
        return None
    return request.template.versions.filter(number=number).select_related("template").first()


def requested_templates(team: Team) -> QuerySet[Template, str]:
    """Return the names of the team's templates that have change requests, for the filter."""
    asked = ChangeRequest.objects.filter(team=team).values("template")
    return Template.objects.filter(pk__in=asked).order_by("name").values_list("name", flat=True)


def open_requests(template: Template) -> QuerySet[ChangeRequest]:
    """Return the template's requests that are not decided or done yet, newest first."""
    rows = ChangeRequest.objects.filter(template=template, state__in=OPEN_STATES)
    return rows.select_related("version__template", "environment", "author").order_by("-pk")


def inbox_of(user: User, *, team: Team) -> QuerySet[ChangeRequest]:
    """Return the requests of the team that wait for an approval `user` may be able to give."""
    return requests_of(team).filter(_waits_for(user, team=team))


def waiting_count(user: User, *, team: Team) -> int:
    """Return how many requests the inbox has; every page asks."""
    return ChangeRequest.objects.filter(_waits_for(user, team=team), team=team).count()


def _waits_for(user: User, *, team: Team) -> Q:
    """Return the condition of the inbox: `user` is an approver, has given none, and may."""
    places = Approver.objects.filter(user=user, group__environment__team=team)
    given = Approval.objects.filter(user=user, voided_at=None).values("request")
    barred = Q(environment__forbid_author=True, author=user)
    barred |= Q(environment__forbid_last_editor=True, version__author=user)
    return (
        Q(state=RequestState.AWAITING_APPROVAL, environment__in=places.values("group__environment"))
        & ~Q(pk__in=given)
        & ~barred
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
    return rows.select_related(
        "version__template", "environment__team", "request__settings__environment"
    ).first()


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


def code_tested(request: ChangeRequest) -> str:
    """Return the digest of the code that the round's test workload runs in, or ""."""
    run = request.test_runs.filter(round=request.round).first()
    return str(run.code.get("digest", "")) if run else ""


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


def approver_groups(environment: Environment) -> Sequence[ApproverGroup]:
    """Return the groups that approve in an environment, with their people."""
    people = Approver.objects.select_related("user").order_by("user__email")
    return list(environment.approver_groups.prefetch_related(Prefetch("approvers", people)))


def settings_history(environment: Environment) -> Sequence[EnvironmentSettings]:
    """Return all settings that the environment has had, the newest first, with who saved them."""
    rows = EnvironmentSettings.objects.filter(environment=environment.pk)
    return list(rows.select_related("author", "environment").order_by("-number"))


def pipeline_of(template: Template) -> list[tuple[Environment, Release | None]]:
    """Return each environment of the template's team with what it has now, in order."""
    current = current_releases(template)
    return [(each, current.get(each.pk or 0)) for each in environments_of(template.team)]
