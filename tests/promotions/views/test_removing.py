"""The pages that remove and rename an environment say what keeps it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from clusters.models import Cluster
from clusters.services.launching import launch_cluster
from configurations.models import Version
from promotions.models import ChangeRequest, Environment
from promotions.services.requests import cancel_request
from tests.promotions.steps import carry_on, finish

pytestmark = pytest.mark.django_db
type Browsers = Callable[[User], Client]
type Ask = Callable[..., ChangeRequest]


def test_what_holds_it_is_linked_and_without_it_the_environment_goes(
    as_user: Browsers,
    environments: dict[str, Environment],
    ask: Ask,
    version: Version,
    alice: User,
    lead: User,
) -> None:
    done = finish(carry_on(ask("test")))
    Environment.objects.filter(name="prod").update(release_only=False)
    waiting = ask("prod")
    cluster = launch_cluster(name="one", version=version, environment="prod", by=alice)
    browser = as_user(lead)
    for what in ("remove", "rename"):
        page = browser.get(f"/environments/prod/{what}/").text
        assert f'<a href="/changes/{waiting.pk}/">#{waiting.pk}</a>' in page
        assert f'<a href="/clusters/{cluster.pk}/">one</a>: Cluster one is requested.' in page
        assert "<form class=" not in page
        answer = browser.post(f"/environments/prod/{what}/", {"name": "live"})
        assert answer.status_code == 409
        assert f"prod cannot be {what}d: it is needed by one, #{waiting.pk}." in answer.text
    cancel_request(waiting, by=alice)
    Cluster.objects.filter(pk=cluster.pk).update(state="terminated")
    assert "Remove prod</button>" in browser.get("/environments/prod/remove/").text
    assert browser.post("/environments/prod/remove/").headers["Location"] == "/environments/"
    page = browser.get("/environments/").text
    assert "Environment prod removed." in page
    assert "prod</a>, removed" in page
    assert browser.get("/environments/prod/").status_code == 404
    listed = browser.get("/changes/?show=all&environment=prod").text
    assert waiting.title in listed
    assert '<option value="prod" selected>' in listed
    assert "to prod (removed)" in browser.get(f"/changes/{waiting.pk}/").text
    assert "to test ·" in browser.get(f"/changes/{done.pk}/").text


def test_it_gets_another_name_there(
    as_user: Browsers, environments: dict[str, Environment], lead: User
) -> None:
    browser = as_user(lead)
    assert 'value="test"' in browser.get("/environments/test/rename/").text
    for name, why in (("prod", "already has an environment"), ("no good", "valid “slug”")):
        answer = browser.post("/environments/test/rename/", {"name": name})
        assert answer.status_code == 422
        assert why in answer.text
    answer = browser.post("/environments/test/rename/", {"name": "qa"})
    assert answer.headers["Location"] == "/environments/qa/"
    assert "test is now qa." in browser.get("/environments/qa/").text


def test_the_last_one_stays(
    as_user: Browsers, environments: dict[str, Environment], lead: User
) -> None:
    browser = as_user(lead)
    for name in ("dev", "test", "prod"):
        answer = browser.post(f"/environments/{name}/remove/", follow=True)
    assert "prod is the only environment of Research. Add another one first." in answer.text
