"""From a version to its change request, and what a template's page shows of its environments."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from configurations.models import Version
from promotions.models import ChangeRequest, Environment, Release
from promotions.pipeline import stages_of
from promotions.services.approvals import approve
from tests.promotions.steps import carry_on, changed, finish

pytestmark = pytest.mark.django_db
type Browsers = Callable[[User], Client]
type Ask = Callable[..., ChangeRequest]


def url_of(version: Version) -> str:
    return f"/templates/{version.template_id}/versions/{version.number}/request/"


def test_a_version_leads_to_the_form_and_the_form_to_the_review(
    version: Version, prod: Environment, as_user: Browsers, alice: User
) -> None:
    browser = as_user(alice)
    for page in ("", "versions/1/"):
        assert url_of(version) in browser.get(f"/templates/{version.template_id}/{page}").text
    form = browser.get(url_of(version)).context["form"]
    assert form["environment"].value() == "dev"
    assert form["title"].value() == version.message
    given = {"environment": "prod", "title": "More.", "strategy": "rolling", "description": "*So*"}
    answer = browser.post(url_of(version), given)
    change = ChangeRequest.objects.get()
    assert answer.headers["Location"] == f"/changes/{change.pk}/"
    assert (change.author, change.environment, change.strategy) == (alice, prod, "rolling")
    assert "<em>So</em>" in browser.get(f"/changes/{change.pk}/").text


def test_what_is_wrong_stands_at_its_field(
    version: Version, as_user: Browsers, alice: User, bob: User, charlie: User
) -> None:
    given = {"environment": "stage", "title": " ", "strategy": "rolling"}
    answer = as_user(alice).post(url_of(version), given)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"environment", "title"}
    assert as_user(bob).get(url_of(version)).status_code == 403
    assert as_user(charlie).get(url_of(version)).status_code == 404
    assert not Environment.objects.exists()


def test_the_pipeline_says_what_each_environment_has_and_what_comes_next(
    version: Version, prod: Environment, ask: Ask, as_user: Browsers, alice: User, bea: User
) -> None:
    finish(carry_on(ask("dev")))
    more = changed(version, find="max_nodes: 4", replace="max_nodes: 8")
    dev, test, last = stages_of(version.template)
    assert (dev.state, dev.distance, dev.next) == (
        "verified",
        "1 version behind the latest version",
        more,
    )
    assert (test.state, test.next) == ("none", version)
    assert last.next is None
    waiting = carry_on(ask("prod"))
    page = as_user(alice).get(f"/templates/{version.template_id}/").text
    assert "1 version behind the latest version" in page
    assert f'{url_of(more)}?environment=dev"' in page
    assert f'href="/changes/{waiting.pk}/"' in page
    approve(waiting, digest=waiting.digest, by=bea)
    carry_on(waiting)
    assert [stage.state for stage in stages_of(version.template)] == [
        "verified",
        "none",
        "applying",
    ]


def test_the_list_of_templates_shows_what_is_released_where(
    version: Version, environments: dict[str, Environment], ask: Ask, as_user: Browsers, bob: User
) -> None:
    browser = as_user(bob)
    assert browser.get("/templates/").context["table"].rows[0].released == []
    finish(carry_on(ask("test")))
    finish(carry_on(ask("dev")))
    assert Release.objects.count() == 2
    page = browser.get("/templates/").text
    assert "dev has train:1, verified" in page
    assert "dev:1 test:1" in browser.get("/templates/?format=csv").text


def test_the_launch_page_says_which_release_a_cluster_follows(
    version: Version, environments: dict[str, Environment], ask: Ask, as_user: Browsers, alice: User
) -> None:
    browser = as_user(alice)
    given = {"version": version.pk, "environment": "dev"}
    page = browser.get("/clusters/launch/preview/", given).text
    assert "train:1 is not what dev has: the cluster follows no release." in page
    finish(carry_on(ask("dev")))
    page = browser.get("/clusters/launch/preview/", given).text
    assert "The cluster follows dev: when another version is released there" in page
