"""A version's way to an environment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils.timezone import now

from accounts.errors import Invalid, NotAllowed, WrongState
from accounts.models import AuditEntry, User
from configurations.models import Version
from domain.promotions.checks import CheckKind, Verdict
from domain.promotions.states import RequestState
from promotions.models import ChangeRequest, Environment, Release
from promotions.queries import checks_of, current_release
from promotions.services.approvals import approve, reject
from promotions.services.environments import add_window, change_rules
from promotions.services.releases import roll_back
from promotions.services.requests import cancel_request, check_request, request_change, skip_checks
from promotions.transitions import RequestMoved, move_request
from tests.promotions.steps import carry_on, changed, explained, finish

pytestmark = pytest.mark.django_db
type Ask = Callable[..., ChangeRequest]


def verdict(request: ChangeRequest, kind: CheckKind) -> tuple[str, str]:
    row = next(row for row in checks_of(request) if row.kind == kind)
    return row.verdict, row.summary


def test_in_dev_a_version_is_released_without_anybody(
    environments: dict[str, Environment], ask: Ask, version: Version
) -> None:
    request = carry_on(ask("dev"))
    assert request.state == RequestState.APPLYING, explained(request)
    assert finish(request).state == RequestState.DONE
    release = current_release(environments["dev"], version.template)
    assert release
    assert (release.version, release.number) == (version, 1)
    assert release.verified_at


def test_each_step_says_who_why_and_when(request_in_prod: ChangeRequest, bea: User) -> None:
    approve(request_in_prod, digest=request_in_prod.digest, by=bea)
    request = carry_on(request_in_prod)
    steps = list(request.steps.all())
    assert [step.to_state for step in steps] == [
        *("draft", "checking", "ready", "awaiting approval", "approved", "queued", "applying"),
    ]
    assert steps[4].actor == bea
    assert all(step.reason for step in steps)
    assert AuditEntry.objects.filter(action="change_request.approved", actor=bea).exists()


def test_every_check_answers_in_a_sentence(request_in_prod: ChangeRequest) -> None:
    checks = checks_of(request_in_prod)
    assert {check.kind for check in checks} == set(CheckKind)
    assert all(check.summary.endswith(".") for check in checks)


def test_a_request_that_fails_a_check_is_blocked_and_goes_on_once_that_is_mended(
    prod: Environment, ask: Ask, lead: User, alice: User
) -> None:
    change_rules(prod, values={"needs_previous": True}, by=lead)
    request = carry_on(ask())
    assert request.state == RequestState.BLOCKED
    assert verdict(request, CheckKind.PREVIOUS) == (
        Verdict.FAILED,
        "train:1 has not been verified in test. Release it there.",
    )
    finish(carry_on(ask("test")))
    check_request(request, by=alice)
    assert carry_on(request).state == RequestState.AWAITING_APPROVAL


def test_a_version_has_to_soak_in_the_environment_before(
    prod: Environment, ask: Ask, lead: User, alice: User
) -> None:
    change_rules(prod, values={"needs_previous": True, "soak_minutes": 60}, by=lead)
    finish(carry_on(ask("test")))
    request = carry_on(ask())
    assert request.state == RequestState.BLOCKED
    assert "for 0 of 60 minutes" in verdict(request, CheckKind.PREVIOUS)[1]
    Release.objects.update(verified_at=now() - timedelta(minutes=61))
    check_request(request, by=alice)
    assert carry_on(request).state == RequestState.AWAITING_APPROVAL


def test_a_required_check_may_not_be_skipped(prod: Environment, ask: Ask, lead: User) -> None:
    change_rules(prod, values={"required_checks": ["quota"]}, by=lead)
    assert carry_on(ask()).state == RequestState.BLOCKED


def test_the_price_of_now_and_then_is_in_the_evidence(
    prod: Environment, ask: Ask, bea: User, version: Version
) -> None:
    first = carry_on(ask())
    approve(first, digest=first.digest, by=bea)
    finish(carry_on(first))
    more = changed(version, find="max_nodes: 4", replace="max_nodes: 8")
    request = carry_on(ask(of=more))
    assert request.evidence["base"] == "train:1"
    assert [change["effect"] for change in request.evidence["changes"]] == ["live"]
    assert float(request.evidence["prices"]["most"]) > float(
        request.evidence["prices_before"]["most"]
    )
    assert verdict(request, CheckKind.PRICE)[0] == Verdict.WARNING


def test_a_rejection_ends_the_request_with_its_reason(
    request_in_prod: ChangeRequest, bea: User
) -> None:
    with pytest.raises(Invalid, match="Say why"):
        reject(request_in_prod, reason=" ", by=bea)
    reject(request_in_prod, reason="Not before the conference.", by=bea)
    request = carry_on(request_in_prod)
    assert request.state == RequestState.REJECTED
    assert request.steps.last().reason == "Not before the conference."


def test_outside_a_change_window_an_approved_request_waits(
    prod: Environment, ask: Ask, lead: User, bea: User
) -> None:
    closed = (now() + timedelta(days=3)).strftime("%w")
    add_window(prod, kind="allow", cron=f"0 0 * * {closed}", minutes=60, by=lead)
    request = carry_on(ask())
    assert verdict(request, CheckKind.WINDOW)[0] == Verdict.WARNING
    approve(request, digest=request.digest, by=bea)
    request = carry_on(request)
    assert request.state == RequestState.QUEUED
    prod.windows.update(cron="* * * * *")
    # The rules are others now: what was approved under the old ones is void.
    assert carry_on(request).state == RequestState.AWAITING_APPROVAL


def test_one_request_at_a_time_applies_and_the_others_wait(
    prod: Environment, ask: Ask, bea: User, version: Version
) -> None:
    more = changed(version, find="max_nodes: 4", replace="max_nodes: 8")
    first, second = carry_on(ask()), carry_on(ask(of=more))
    approve(first, digest=first.digest, by=bea)
    approve(second, digest=second.digest, by=bea)
    first, second = carry_on(first), carry_on(second)
    assert first.state == RequestState.APPLYING
    # What it would change is something else now.
    assert second.state == RequestState.AWAITING_APPROVAL
    approve(second, digest=second.digest, by=bea)
    assert carry_on(second).state == RequestState.QUEUED
    finish(first)
    assert carry_on(second).state == RequestState.APPLYING


def test_an_older_request_is_superseded_by_a_newer_one(
    prod: Environment, ask: Ask, bea: User, version: Version
) -> None:
    old = carry_on(ask())
    more = changed(version, find="max_nodes: 4", replace="max_nodes: 8")
    new = carry_on(ask(of=more))
    approve(new, digest=new.digest, by=bea)
    carry_on(new)
    old = carry_on(old)
    assert old.state == RequestState.SUPERSEDED
    assert old.steps.last().reason == "train:2 to prod was released."


def test_a_request_expires(request_in_prod: ChangeRequest, bea: User) -> None:
    ChangeRequest.objects.update(expires_at=now() - timedelta(seconds=1))
    assert carry_on(request_in_prod).state == RequestState.EXPIRED
    with pytest.raises(WrongState, match="is expired"):
        approve(request_in_prod, digest=request_in_prod.digest, by=bea)


def test_its_author_cancels_a_request_until_it_is_applied(
    request_in_prod: ChangeRequest, alice: User, bea: User, ask: Ask, version: Version
) -> None:
    cancel_request(request_in_prod, by=alice)
    assert carry_on(request_in_prod).state == RequestState.CANCELED
    again = carry_on(ask())
    assert again.pk != request_in_prod.pk
    approve(again, digest=again.digest, by=bea)
    with pytest.raises(WrongState, match="is applying and cannot be canceled"):
        cancel_request(carry_on(again), by=alice)


def test_the_same_request_again_is_the_one_that_there_is(
    request_in_prod: ChangeRequest, ask: Ask
) -> None:
    assert ask() == request_in_prod


def test_a_hotfix_skips_what_it_names_and_stays_marked(
    prod: Environment, ask: Ask, lead: User, alice: User
) -> None:
    change_rules(prod, values={"needs_previous": True}, by=lead)
    request = carry_on(ask())
    reason = "Customers cannot train since noon."
    with pytest.raises(NotAllowed, match="may bypass checks in prod"):
        skip_checks(request, checks=["previous"], reason=reason, by=alice)
    with pytest.raises(NotAllowed):  # nor does an admin without the right
        skip_checks(request, checks=["previous"], reason=reason, by=lead)
    change_rules(prod, values={"bypass": [alice]}, by=lead)
    with pytest.raises(Invalid, match="at least 20 characters"):
        skip_checks(request, checks=["previous"], reason="Urgent.", by=alice)
    skip_checks(request, checks=["previous"], reason=reason, by=alice)
    request = carry_on(request)
    assert request.state == RequestState.AWAITING_APPROVAL  # it does not skip the approval
    assert request.is_hotfix
    assert CheckKind.PREVIOUS not in {check.kind for check in checks_of(request)}


def test_a_release_that_fails_goes_back_to_the_last_good_one_by_itself(
    prod: Environment, ask: Ask, bea: User, version: Version
) -> None:
    first = carry_on(ask())
    approve(first, digest=first.digest, by=bea)
    finish(carry_on(first))
    bad = carry_on(ask(of=changed(version, find="max_nodes: 4", replace="max_nodes: 8")))
    approve(bad, digest=bad.digest, by=bea)
    bad = carry_on(bad)
    from promotions import progress

    progress.applied(bad.pk)
    progress.not_verified(bad.pk, reason="The smoke task failed on one.")
    bad = carry_on(bad)
    assert bad.state == RequestState.FAILED
    back = carry_on(bad.rollbacks.get())
    assert (back.state, back.version) == (RequestState.APPLYING, version)
    release = current_release(prod, version.template)
    assert release
    assert release.version == version
    finish(back)
    assert carry_on(bad).state == RequestState.ROLLED_BACK


def test_a_roll_back_is_never_rolled_back(
    prod: Environment, ask: Ask, bea: User, version: Version
) -> None:
    first = carry_on(ask())
    approve(first, digest=first.digest, by=bea)
    finish(carry_on(first))
    more = carry_on(ask(of=changed(version, find="max_nodes: 4", replace="max_nodes: 8")))
    approve(more, digest=more.digest, by=bea)
    more = finish(carry_on(more))
    back = carry_on(roll_back(more, reason="It costs too much.", by=bea))
    with pytest.raises(WrongState, match="cannot be rolled back"):
        roll_back(back, reason="Or not.", by=bea)
    from promotions import progress

    progress.applied(back.pk, failures=["one cannot start."])
    assert carry_on(back).state == RequestState.FAILED
    assert not back.rollbacks.exists()


def test_a_viewer_can_ask_for_nothing(
    version: Version, bob: User, environments: dict[str, Environment]
) -> None:
    with pytest.raises(NotAllowed):
        request_change(version, environment="dev", title="More.", by=bob)


def test_an_environment_that_does_not_exist_is_named(version: Version, alice: User) -> None:
    with pytest.raises(Invalid, match="Research has no environment 'stage'"):
        request_change(version, environment="stage", title="More.", by=alice)


def test_of_two_who_move_a_request_one_is_told(request_in_prod: ChangeRequest) -> None:
    other = ChangeRequest.objects.get(pk=request_in_prod.pk)
    move_request(request_in_prod, RequestState.CANCELED, reason="First.")
    with pytest.raises(RequestMoved, match="Reload"):
        move_request(other, RequestState.APPROVED, reason="Second.")
