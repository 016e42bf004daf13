"""What workers do with a change request, done here and now."""

from __future__ import annotations

from clusters import room
from configurations.models import Version
from configurations.services.templates import save_version
from promotions import progress
from promotions.checks import run_check
from promotions.models import ChangeRequest, CheckResult
from promotions.queries import checks_of


def carry_on(request: ChangeRequest) -> ChangeRequest:
    """Take the request as far as it gets without anybody; return it as it is then."""
    before = None
    while before != (state := _state(request)):
        before = state
        for check in progress.advance(request.pk).checks:
            run_check(CheckResult.objects.select_related("request").get(pk=check))
        for check in room.due():
            room.answer(check)
    return ChangeRequest.objects.select_related(
        "team", "environment", "version__author", "version__template", "template", "author"
    ).get(pk=request.pk)


def finish(request: ChangeRequest) -> ChangeRequest:
    """Have all clusters follow, and do well."""
    progress.applied(request.pk)
    progress.verified(request.pk, summary="All is well.")
    return carry_on(request)


def changed(version: Version, *, find: str, replace: str) -> Version:
    """Return a next version of the template, by the same author."""
    return save_version(
        version.template,
        text=version.text.replace(find, replace),
        base=version.template.versions.latest("number").number,
        message=f"{replace}.",
        by=version.author,
    ).version


def _state(request: ChangeRequest) -> tuple[object, ...]:
    row = ChangeRequest.objects.get(pk=request.pk)
    return row.state, row.round, row.checks.exclude(verdict="").count()


def explained(request: ChangeRequest) -> str:
    """Return what each check said, for a test that fails."""
    return "\n".join(f"{row.kind}: {row.verdict} {row.summary}" for row in checks_of(request))
