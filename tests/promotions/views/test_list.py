"""The list of change requests, the inbox of approvers and its badge."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from configurations.models import Version
from promotions.models import ChangeRequest, Environment
from promotions.services.approvals import approve
from promotions.services.requests import cancel_request
from tests.promotions.steps import carry_on, changed

pytestmark = pytest.mark.django_db
WAITING = "Waiting for your approval"


def test_an_approver_finds_what_waits_on_top_and_counted_in_the_sidebar(
    request_in_prod: ChangeRequest, as_user: Callable[[User], Client], bea: User, alice: User
) -> None:
    page = as_user(bea).get("/changes/").text
    assert WAITING in page
    assert ", 1 waiting for you" in page
    assert ", 1 waiting for you" in as_user(bea).get("/templates/").text
    assert WAITING not in as_user(alice).get("/changes/").text
    approve(request_in_prod, digest=request_in_prod.digest, by=bea)
    assert WAITING not in as_user(bea).get("/changes/").text


def test_an_author_who_approves_elsewhere_has_nothing_waiting(
    request_in_prod: ChangeRequest,
    prod: Environment,
    as_user: Callable[[User], Client],
    alice: User,
    lead: User,
) -> None:
    from promotions.services.environments import add_approver

    add_approver(prod, group="leads", user=alice, by=lead)
    assert WAITING not in as_user(alice).get("/changes/").text


def test_the_list_shows_open_requests_and_with_a_word_all(
    request_in_prod: ChangeRequest,
    version: Version,
    as_user: Callable[[User], Client],
    bob: User,
    alice: User,
    ask: Callable[..., ChangeRequest],
) -> None:
    other = carry_on(ask("dev", of=changed(version, find="max_nodes: 4", replace="max_nodes: 8")))
    cancel_request(request_in_prod, by=alice)
    browser = as_user(bob)

    def listed(query: str) -> set[int]:
        return {row.pk for row in browser.get(f"/changes/{query}").context["table"].rows}

    assert listed("") == {other.pk}
    assert listed("?show=all") == {other.pk, request_in_prod.pk}
    assert listed("?show=all&environment=prod") == {request_in_prod.pk}
    assert listed("?state=canceled") == {request_in_prod.pk}
    assert listed("?state=nothing") == set()
    assert listed("?q=alice") == {other.pk}
    assert listed("?template=else") == set()


def test_a_hotfix_is_marked_and_the_csv_has_prices(
    request_in_prod: ChangeRequest, as_user: Callable[[User], Client], bob: User
) -> None:
    ChangeRequest.objects.update(skipped=["previous"])
    browser = as_user(bob)
    assert "Hotfix" in browser.get("/changes/").text
    lines = browser.get("/changes/?format=csv").text.splitlines()
    assert lines[0].startswith("change,hotfix,roll_back,version,environment")
    assert "train:1" in lines[1]
    assert "True" in lines[1]


def test_strangers_see_none_of_it(
    request_in_prod: ChangeRequest, as_user: Callable[[User], Client], charlie: User
) -> None:
    browser = as_user(charlie)
    assert not browser.get("/changes/?show=all").context["table"].rows
    assert browser.get(f"/changes/{request_in_prod.pk}/").status_code == 404
