"""The page of a change request: what it shows, and what each person can do on it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils.timezone import now

from accounts.models import User
from configurations.models import Version
from domain.promotions.states import RequestState
from promotions.models import ChangeRequest, Environment, Rollout, TestRun
from promotions.services.approvals import approve
from promotions.services.environments import change_rules
from promotions.services.requests import comment_on
from tests.promotions.steps import carry_on, changed, finish

pytestmark = pytest.mark.django_db
type Browsers = Callable[[User], Client]


@pytest.fixture
def second(
    prod: Environment, ask: Callable[..., ChangeRequest], version: Version, bea: User
) -> ChangeRequest:
    """A request for a larger version, while the first one is released and verified."""
    first = carry_on(ask())
    approve(first, digest=first.digest, by=bea)
    finish(carry_on(first))
    return carry_on(ask(of=changed(version, find="max_nodes: 4", replace="max_nodes: 8")))


def text_of(browser: Client, change: ChangeRequest, query: str = "") -> str:
    answer = browser.get(f"/changes/{change.pk}/{query}")
    assert answer.status_code in {200, 286}
    return answer.text


def test_an_approver_sees_all_that_the_approval_is_bound_to(
    second: ChangeRequest, as_user: Browsers, bea: User
) -> None:
    page = text_of(as_user(bea), second)
    assert "train:1 → train:2 in prod" in page
    assert "Live" in page  # the effect of what changes
    assert "side-changed" in page  # line by line
    assert "Maximum" in page
    assert "+$" in page
    assert "Change window" in page  # a check
    assert f'name="digest" value="{second.digest}"' in page
    assert 'data-dialog-open="approve-dialog" data-after-opening="lines"' in page
    assert "Needs 1 more approval." in page


def test_buttons_that_do_nothing_for_the_reader_say_why(
    second: ChangeRequest, as_user: Browsers, alice: User, bob: User
) -> None:
    page = text_of(as_user(alice), second)
    assert "You are not an approver of prod." in page
    assert 'data-dialog-open="approve-dialog"' not in page
    assert 'data-dialog-open="cancel-dialog"' in page
    page = text_of(as_user(bob), second)
    assert "You need the Engineer role in Research." in page
    assert 'data-dialog-open="cancel-dialog"' not in page


def test_what_polls_leaves_out_the_lines_and_ends_with_the_request(
    second: ChangeRequest, as_user: Browsers, alice: User
) -> None:
    browser = as_user(alice)
    part = text_of(browser, second, f"?part=live&seen={second.digest}")
    assert "side-changed" not in part
    assert "has changed since you opened it" not in part
    assert browser.post(f"/changes/{second.pk}/cancel/").status_code == 302
    assert browser.get(f"/changes/{second.pk}/?part=live").status_code == 286


def test_a_page_that_shows_something_else_by_now_says_so(
    second: ChangeRequest, prod: Environment, as_user: Browsers, bea: User, lead: User
) -> None:
    seen = second.digest
    change_rules(prod, values={"verify_minutes": 9}, by=lead)
    carry_on(second)
    part = text_of(as_user(bea), second, f"?part=live&seen={seen}")
    assert "has changed since you opened it" in part
    assert 'data-dialog-open="approve-dialog"' not in part


def test_an_approval_through_the_page_and_what_it_was_bound_to(
    second: ChangeRequest, as_user: Browsers, bea: User
) -> None:
    browser = as_user(bea)
    answer = browser.post(
        f"/changes/{second.pk}/approve/", {"digest": second.digest, "reason": "Looks right."}
    )
    assert answer.status_code == 302
    assert carry_on(second).state == RequestState.APPLYING
    page = text_of(browser, second)
    assert "Looks right." in page
    assert f'on <code title="{second.digest}">' in page


def test_a_rejection_needs_a_reason_and_shows_it(
    second: ChangeRequest, as_user: Browsers, bea: User
) -> None:
    browser = as_user(bea)
    answer = browser.post(f"/changes/{second.pk}/reject/", {"reason": " "}, follow=True)
    assert "Say why, so that its author can do something about it." in answer.text
    browser.post(f"/changes/{second.pk}/reject/", {"reason": "Not before the conference."})
    second.refresh_from_db()
    assert second.state == RequestState.REJECTED
    assert "Not before the conference." in text_of(browser, second)


def test_comments_are_markdown_without_html(
    second: ChangeRequest, as_user: Browsers, bob: User
) -> None:
    browser = as_user(bob)
    browser.post(f"/changes/{second.pk}/comment/", {"text": "**Why** <script>alert(1)</script>"})
    page = text_of(browser, second)
    assert "<strong>Why</strong>" in page
    assert "<script>alert" not in page
    refused = browser.post(f"/changes/{second.pk}/comment/", {"text": "  "})
    assert refused.status_code == 422
    assert "Write a comment." in refused.text
    comment_on(second, text="[" * 9_000, by=bob)
    assert text_of(browser, second)


def test_a_hotfix_through_the_page_stays_red(
    prod: Environment, second: ChangeRequest, as_user: Browsers, alice: User, lead: User
) -> None:
    browser, url = as_user(alice), f"/changes/{second.pk}/skip-checks/"
    given = {"checks": ["previous"], "reason": "Customers cannot train since noon."}
    assert browser.post(url, given).status_code == 403
    change_rules(prod, values={"bypass": [alice]}, by=lead)
    assert browser.post(url, {**given, "reason": "Urgent."}).status_code == 302
    assert not ChangeRequest.objects.get(pk=second.pk).is_hotfix
    browser.post(url, given)
    page = text_of(browser, carry_on(second))
    assert "Customers cannot train since noon." in page
    assert "Skipped by the hotfix." in page


def test_clusters_that_follow_pausing_and_rolling_back(
    second: ChangeRequest, as_user: Browsers, bea: User, alice: User
) -> None:
    approve(second, digest=second.digest, by=bea)
    carry_on(second)
    Rollout.objects.create(
        request=second, cluster_id="01890000-0000-7000-8000-000000000001", cluster_name="live"
    )
    author, approver = as_user(alice), as_user(bea)
    author.post(f"/changes/{second.pk}/pause/")
    page = text_of(author, second)
    assert "Paused" in page
    assert "Clusters that follow" in page
    author.post(f"/changes/{second.pk}/resume/")
    second.refresh_from_db()
    assert second.paused_at is None
    assert author.post(f"/changes/{second.pk}/roll-back/", {"reason": "No."}).status_code == 403
    answer = approver.post(f"/changes/{second.pk}/roll-back/", {"reason": "It costs too much."})
    back = second.rollbacks.get()
    assert answer.headers["Location"] == f"/changes/{back.pk}/"
    page = text_of(approver, carry_on(back))
    assert "A roll-back needs no approval." in page
    assert f'href="/changes/{second.pk}/"' in page
    assert f'href="/changes/{back.pk}/"' in text_of(approver, second)
    part = f"/changes/{second.pk}/?part=live"
    assert author.get(part).status_code == 200  # whoever looks at it sees how it ends
    finish(back)
    over = author.get(part)
    assert (over.status_code, "Rolled back" in over.text) == (286, True)


def test_a_test_run_with_its_log(second: ChangeRequest, as_user: Browsers, bob: User) -> None:
    TestRun.objects.create(
        request=second,
        round=second.round,
        version=second.version,
        environment="prod",
        workload="command",
        command="python -m train --check",
        workload_seconds=42,
        utilization={"cpu": 0.5, "memory": 0.25},
        max_minutes=30,
        max_usd=10,
        state="failed",
        summary="2 of 10 tasks failed.",
        log="Traceback: boom",
        cost_usd="0.5",
        ended_at=now(),
    )
    page = text_of(as_user(bob), second)
    for words in (
        "python -m train --check",
        "42 s",
        "CPU 50%, memory 25%",
        "2 of 10 tasks failed.",
        "Traceback: boom",
        "$0.50",
    ):
        assert words in page
