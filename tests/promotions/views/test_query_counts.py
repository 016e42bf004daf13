"""How many questions the pages of promotions ask: as many for much as for little."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from promotions.models import ChangeRequest, Comment, Rollout, Step

pytestmark = pytest.mark.django_db


def asked_by(browser: Client, url: str) -> int:
    assert browser.get(url).status_code == 200  # what is read once is read
    with CaptureQueriesContext(connection) as asked:
        assert browser.get(url).status_code == 200
    return sum("SAVEPOINT" not in query["sql"] for query in asked.captured_queries)


def test_lists_ask_as_much_for_many_requests_as_for_one(
    request_in_prod: ChangeRequest, as_user: Callable[[User], Client], bea: User
) -> None:
    browser = as_user(bea)
    few = {url: asked_by(browser, url) for url in ("/changes/", "/templates/")}
    for number in range(5):
        ChangeRequest.objects.create(
            team=request_in_prod.team,
            template=request_in_prod.template,
            version=request_in_prod.version,
            environment=request_in_prod.environment,
            author=request_in_prod.author,
            title=f"Change {number}",
            state=request_in_prod.state,
            expires_at=request_in_prod.expires_at,
        )
    assert {url: asked_by(browser, url) for url in few} == few
    assert few["/changes/"] <= 12


def test_the_review_page_asks_as_much_for_a_long_story_as_for_a_short_one(
    request_in_prod: ChangeRequest, as_user: Callable[[User], Client], bea: User, alice: User
) -> None:
    browser, url = as_user(bea), f"/changes/{request_in_prod.pk}/"
    Rollout.objects.create(request=request_in_prod, cluster_id=_id(9), cluster_name="live")
    short = asked_by(browser, url)
    part = asked_by(browser, f"{url}?part=live")
    for number in range(5):
        Comment.objects.create(request=request_in_prod, author=alice, text="Why?")
        Step.objects.create(request=request_in_prod, to_state="checking", actor=bea)
        Rollout.objects.create(
            request=request_in_prod, cluster_id=_id(number), cluster_name=f"c{number}"
        )
    assert asked_by(browser, url) == short <= 34
    assert asked_by(browser, f"{url}?part=live") == part < short


def _id(number: int) -> str:
    return f"01890000-0000-7000-8000-00000000000{number}"
