"""Ask for a version to be released, check again, skip checks, comment, cancel."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils.timezone import now

from accounts.errors import FieldError, Invalid, WrongState, raise_if_any
from accounts.models import User
from accounts.permissions import Action, may, require
from accounts.services import record
from configurations.models import Version
from domain.promotions.checks import CheckKind
from domain.promotions.states import CHECKABLE_STATES, UNAPPLIED_STATES, RequestState
from promotions.environments import saved_environments
from promotions.models import ChangeRequest, Comment
from promotions.models.request import Strategy
from promotions.permissions import may_request, may_skip_checks
from promotions.queries import current_release
from promotions.tasks import ask_on_commit
from promotions.transitions import check_again, locked, move_request

TITLE_LENGTH, TEXT_LENGTH = 200, 10_000
SHORTEST_REASON = 20


@transaction.atomic
def request_change(
    version: Version,
    *,
    environment: str,
    title: str,
    description: str = "",
    strategy: str = Strategy.ROLLING,
    by: User,
) -> ChangeRequest:
    """Return the new request to release `version` in an environment; its checks begin at once.

    The same request again, while it is open, is the one that there is. Raises `Invalid` and
    `WrongState`.
    """
    team = version.template.team
    require(may_request(by, team=team))
    if version.archived_at or version.template.archived_at:
        raise WrongState(f"{version} is archived. Unarchive it to release it.")
    raise_if_any(_wrong_words(title, description))
    if strategy not in Strategy.values:
        raise Invalid.at("strategy", f"Use one of {', '.join(Strategy.values)}.")
    place = next((e for e in saved_environments(team) if e.name == environment), None)
    if place is None:
        raise Invalid.at("environment", f"{team} has no environment '{environment}'.")
    release = current_release(place, version.template)
    if release and release.version_id == version.pk and not release.failed_at:
        raise Invalid.at("version", f"{version} is already released in {place}.")
    same = ChangeRequest.objects.filter(
        environment=place, version=version, author=by, state__in=UNAPPLIED_STATES
    )
    if existing := same.first():
        return existing
    request = ChangeRequest.objects.create(
        team=team,
        template=version.template,
        version=version,
        environment=place,
        author=by,
        title=title.strip(),
        description=description.strip(),
        strategy=strategy,
        expires_at=now() + timedelta(hours=place.expires_hours),
    )
    request.steps.create(to_state=RequestState.DRAFT, actor=by, reason="Created.")
    check_again(request, reason="Submitted.", by=by)
    ask_on_commit(request.pk)
    return request


@transaction.atomic
def check_request(request: ChangeRequest, *, by: User) -> None:
    """Make all checks again; approvals that were given are void."""
    require(may_request(by, team=request.team))
    current = locked(request)
    if current.state not in CHECKABLE_STATES:
        raise WrongState(f"{current} is {current.state} and cannot be checked again.")
    check_again(current, reason="Checked again.", by=by)
    ask_on_commit(current.pk)


@transaction.atomic
def skip_checks(request: ChangeRequest, *, checks: list[str], reason: str, by: User) -> None:
    """Make the request a hotfix that skips `checks`; it keeps this mark for ever.

    Takes the right to bypass checks in the environment and a reason of at least 20 characters.
    """
    require(may_skip_checks(by, request.environment))
    wrong = []
    unknown = sorted(set(checks) - {kind.value for kind in CheckKind})
    if unknown or not checks:
        wrong.append(
            FieldError("checks", f"Choose checks to skip; {unknown or 'none'} is no check.")
        )
    if len(reason.strip()) < SHORTEST_REASON:
        message = f"Say why in at least {SHORTEST_REASON} characters: all approvers read it."
        wrong.append(FieldError("reason", message))
    raise_if_any(wrong)
    current = locked(request)
    if current.state not in CHECKABLE_STATES:
        raise WrongState(f"{current} is {current.state}: its checks cannot be skipped.")
    skipped = sorted({*current.skipped, *checks})
    ChangeRequest.objects.filter(pk=current.pk).update(
        skipped=skipped, skip_reason=reason.strip(), skipped_by=by
    )
    current.skipped = skipped
    record(
        "change_request.checks_skipped",
        actor=by,
        team=current.team,
        subject=current,
        after={"skipped": skipped},
        reason=reason.strip(),
    )
    check_again(current, reason=f"Hotfix: skips {', '.join(skipped)}. {reason.strip()}", by=by)
    ask_on_commit(current.pk)


@transaction.atomic
def cancel_request(request: ChangeRequest, *, reason: str = "", by: User) -> None:
    """End a request that has not been applied yet."""
    require(may_request(by, team=request.team))
    current = locked(request)
    if current.state not in UNAPPLIED_STATES:
        raise WrongState(f"{current} is {current.state} and cannot be canceled.")
    move_request(current, RequestState.CANCELED, reason=reason.strip() or "Canceled.", by=by)


@transaction.atomic
def comment_on(request: ChangeRequest, *, text: str, by: User) -> Comment:
    """Return the new comment on a request, in Markdown."""
    require(may(by, Action.VIEW, team=request.team))
    words = text.strip()
    if not words:
        raise Invalid.at("text", "Write a comment.")
    if len(words) > TEXT_LENGTH:
        raise Invalid.at("text", f"Use at most {TEXT_LENGTH:,} characters.")
    return Comment.objects.create(request=request, author=by, text=words)


def _wrong_words(title: str, description: str) -> list[FieldError]:
    wrong = []
    if not title.strip():
        wrong.append(FieldError("title", "Say in a few words what the change is for."))
    if len(title) > TITLE_LENGTH:
        wrong.append(FieldError("title", f"Use at most {TITLE_LENGTH} characters."))
    if len(description) > TEXT_LENGTH:
        wrong.append(FieldError("description", f"Use at most {TEXT_LENGTH:,} characters."))
    return wrong
