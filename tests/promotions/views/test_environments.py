"""The pages of a team's environments: admins change them, all others read them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils.timezone import now

from accounts.models import Team, User
from domain.promotions.states import RequestState
from promotions.models import Approver, ChangeRequest, Environment
from promotions.services.approvals import approve
from promotions.services.environments import add_window, move_environment
from tests.cast import make_member
from tests.promotions.steps import carry_on

pytestmark = pytest.mark.django_db
type Browsers = Callable[[User], Client]
RULES = {
    "launch_role": "engineer",
    "soak_minutes": "30",
    "expires_hours": "24",
    "workload": "cpu_tasks",
    "workload_command": "",
    "workload_minutes": "10",
    "workload_usd": "2.50",
    "approvals": "2",
    "forbid_author": "on",
    "verify_minutes": "7",
    "required_checks": ["price", "image"],
}


@pytest.fixture
def lead(research: Team) -> User:
    """The team's admin."""
    return make_member("lead", team=research, role="admin")


def test_pages_of_defaults_write_nothing(as_user: Browsers, bob: User) -> None:
    browser = as_user(bob)
    assert "1 approval." in browser.get("/environments/").text
    page = browser.get("/environments/prod/").text
    assert "You can view this environment. You need the Admin role in Research." in page
    assert "no one can approve changes of prod" in page
    assert browser.get("/environments/stage/").status_code == 404
    for gone in ("approvers/1/remove", "groups/1", "windows/1/remove"):
        assert browser.post(f"/environments/prod/{gone}/").status_code == 404
    assert not Environment.objects.exists()


def test_an_admin_changes_rules_and_a_wrong_one_is_named(
    as_user: Browsers, lead: User, bob: User
) -> None:
    browser = as_user(lead)
    assert as_user(bob).post("/environments/test/", RULES).status_code == 403
    answer = browser.post("/environments/test/", {**RULES, "bypass": [lead.pk]})
    assert answer.status_code == 302
    row = Environment.objects.get(name="test")
    assert (row.approvals, row.soak_minutes, row.workload) == (2, 30, "cpu_tasks")
    assert row.required_checks == ["price", "image"]
    assert not row.needs_previous
    assert list(row.bypass.all()) == [lead]
    refused = browser.post("/environments/test/", {**RULES, "expires_hours": "0", "workload": "x"})
    assert refused.status_code == 422
    assert set(refused.context["rules"].errors) == {"expires_hours", "workload"}


def test_approvers_come_and_go(
    as_user: Browsers, lead: User, alice: User, charlie: User, bob: User
) -> None:
    browser = as_user(lead)
    given = {"group": "leads", "user": alice.pk}
    assert as_user(bob).post("/environments/prod/approvers/", given).status_code == 403
    browser.post("/environments/prod/approvers/", given)
    place = Approver.objects.get()
    assert "Remove alice" in browser.get("/environments/prod/").text.replace("Alice", "alice")
    stranger = browser.post("/environments/prod/approvers/", {**given, "user": charlie.pk})
    assert stranger.status_code == 422
    browser.post(f"/environments/prod/groups/{place.group_id}/", {"required": "on"})
    place.group.refresh_from_db()
    assert place.group.required
    wrong = browser.post(f"/environments/test/approvers/{place.pk}/remove/")
    assert wrong.status_code == 404
    browser.post(f"/environments/prod/approvers/{place.pk}/remove/")
    assert not Approver.objects.exists()


def test_change_windows_say_whether_changes_are_allowed_now(as_user: Browsers, lead: User) -> None:
    browser = as_user(lead)
    assert "Open now" in browser.get("/environments/prod/").text
    closed = (now() + timedelta(days=3)).strftime("%w")
    given = {"kind": "allow", "cron": f"0 0 * * {closed}", "minutes": "60", "time_zone": "UTC"}
    refused = browser.post("/environments/prod/windows/", {**given, "cron": "0 9 *"})
    assert "cron" in refused.context["window_form"].errors
    refused = browser.post("/environments/prod/windows/", {**given, "time_zone": "Nowhere"})
    assert "time_zone" in refused.context["window_form"].errors
    browser.post("/environments/prod/windows/", given)
    page = browser.get("/environments/prod/").text
    assert "Closed now" in page
    assert "Allowed again" in page
    window = Environment.objects.get(name="prod").windows.get()
    browser.post(f"/environments/prod/windows/{window.pk}/remove/")
    assert "Open now" in browser.get("/environments/prod/").text


def test_environments_are_added_and_change_places(as_user: Browsers, lead: User) -> None:
    browser = as_user(lead)
    assert browser.post("/environments/", {"name": "no good"}).status_code == 422
    assert browser.post("/environments/", {"name": "stage"}).status_code == 302
    browser.post("/environments/stage/move/", {"earlier": "on"})
    assert names() == ["dev", "test", "stage", "prod"]
    browser.post("/environments/dev/move/")
    assert names() == ["test", "dev", "stage", "prod"]
    browser.post("/environments/test/move/", {"earlier": "on"})
    assert names() == ["test", "dev", "stage", "prod"]


def names() -> list[str]:
    return list(Environment.objects.order_by("position").values_list("name", flat=True))


def test_another_order_of_the_environments_voids_what_was_approved(
    prod: Environment,
    ask: Callable[..., ChangeRequest],
    bea: User,
    lead: User,
) -> None:
    Environment.objects.filter(pk=prod.pk).update(needs_previous=True, forbid_last_editor=True)
    closed = (now() + timedelta(days=3)).strftime("%w")
    add_window(prod, kind="allow", cron=f"0 0 * * {closed}", minutes=60, by=lead)
    from tests.promotions.steps import finish

    finish(carry_on(ask("test")))
    request = carry_on(ask("prod"))
    approve(request, digest=request.digest, by=bea)
    request = carry_on(request)
    assert request.state == RequestState.QUEUED
    move_environment(prod, earlier=True, by=lead)
    assert carry_on(request).state == RequestState.BLOCKED
