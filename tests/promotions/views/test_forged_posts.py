"""Crafted POSTs to a change request's page do no more than the page lets their sender do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from domain.promotions.states import RequestState
from promotions.models import Approval, ChangeRequest, Environment, Release
from promotions.services.environments import add_approver, change_rules
from tests.promotions.steps import carry_on

pytestmark = pytest.mark.django_db
type Browsers = Callable[[User], Client]
ACTIONS = ("approve", "reject", "check", "skip-checks", "cancel", "pause", "resume", "roll-back")


def test_its_author_approves_nothing(
    request_in_prod: ChangeRequest, prod: Environment, as_user: Browsers, alice: User, lead: User
) -> None:
    add_approver(prod, group="leads", user=alice, by=lead)
    answer = as_user(alice).post(
        f"/changes/{request_in_prod.pk}/approve/", {"digest": request_in_prod.digest}
    )
    assert answer.status_code == 403
    assert not Approval.objects.exists()


def test_another_digest_than_the_one_there_is(
    request_in_prod: ChangeRequest, as_user: Browsers, bea: User
) -> None:
    url = f"/changes/{request_in_prod.pk}/approve/"
    for digest in ("", "0" * 64, "x" * 5_000):
        answer = as_user(bea).post(url, {"digest": digest}, follow=True)
        assert "Review it again." in answer.text or "at most 64" in answer.text
    assert not Approval.objects.exists()
    assert carry_on(request_in_prod).state == RequestState.AWAITING_APPROVAL


def test_a_replayed_approval(
    request_in_prod: ChangeRequest, prod: Environment, as_user: Browsers, bea: User, lead: User
) -> None:
    change_rules(prod, values={"approvals": 2}, by=lead)
    request = carry_on(request_in_prod)
    browser, url = as_user(bea), f"/changes/{request.pk}/approve/"
    browser.post(url, {"digest": request.digest})
    answer = browser.post(url, {"digest": request.digest}, follow=True)
    assert "You have already approved this request." in answer.text
    assert Approval.objects.count() == 1
    assert not Release.objects.exists()


def test_fields_that_the_form_does_not_have(
    request_in_prod: ChangeRequest, as_user: Browsers, bea: User, dan: User
) -> None:
    forged = {"user": dan.pk, "by": dan.pk, "places": "[1]", "state": "approved", "request": "1"}
    as_user(bea).post(
        f"/changes/{request_in_prod.pk}/approve/", {**forged, "digest": request_in_prod.digest}
    )
    assert Approval.objects.get().user == bea


def test_strangers_reach_and_viewers_do_none_of_it(
    request_in_prod: ChangeRequest, as_user: Browsers, charlie: User, bob: User
) -> None:
    values = {"digest": request_in_prod.digest, "reason": "x" * 30, "checks": "previous"}
    for action in ACTIONS:
        url = f"/changes/{request_in_prod.pk}/{action}/"
        assert as_user(charlie).post(url, values).status_code == 404, action
        assert as_user(bob).post(url, values).status_code == 403, action
    state = ChangeRequest.objects.get(pk=request_in_prod.pk).state
    assert state == RequestState.AWAITING_APPROVAL


def test_a_get_does_nothing(request_in_prod: ChangeRequest, as_user: Browsers, bea: User) -> None:
    browser = as_user(bea)
    codes = {
        browser.get(f"/changes/{request_in_prod.pk}/{action}/").status_code for action in ACTIONS
    }
    assert codes == {405}
