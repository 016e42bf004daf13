"""The launch page has the cloud of the choice checked, and the cluster's page keeps the answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, User
from clouds.models import CloudCheck
from clusters.models import Cluster
from clusters.services.launching import check_before_launch, launch_cluster
from configurations.models import Version
from mobula.demo_cloud.aws.world import World

pytestmark = pytest.mark.django_db
LAUNCH, CHECKS = "/clusters/launch/", "/clusters/launch/checks/"
HTMX = {"HX-Request": "true"}
type Answered = Callable[[CloudCheck], CloudCheck]


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def panel(page: str) -> str:
    return page[page.index('id="check-panel"') :]


def test_the_page_asks_for_a_round_and_shows_its_answers_as_they_come(
    on_aws: Version, alice: User, answered: Answered
) -> None:
    client = browser(alice)
    page = client.get(LAUNCH, {"version": on_aws.pk}).text
    assert not CloudCheck.objects.exists()  # looking starts nothing
    assert f'hx-post="{CHECKS}"' in panel(page)
    assert 'hx-trigger="load"' in panel(page)
    started = client.post(CHECKS, {"version": on_aws.pk, "environment": ""}, headers=HTMX)
    check = CloudCheck.objects.get()
    address = reverse("clouds:check", args=[check.pk])
    assert f'hx-get="{address}" hx-trigger="every 1s"' in started.text
    answered(check)
    shown = client.get(address, headers=HTMX).text
    assert "hx-trigger" not in shown
    for words in ("Dry run of group head", "Passed", "not capacity"):
        assert words in shown
    again = panel(client.get(LAUNCH, {"version": on_aws.pk}).text)
    assert "Dry run of group head" in again  # recent answers are there at once
    assert "load" not in again[: again.index(">")]


def test_check_again_makes_a_new_round(on_aws: Version, alice: User, answered: Answered) -> None:
    client = browser(alice)
    posted = {"version": on_aws.pk, "environment": ""}
    client.post(CHECKS, posted)
    answered(CloudCheck.objects.get())
    client.post(CHECKS, posted)
    assert CloudCheck.objects.count() == 1
    client.post(CHECKS, {**posted, "again": "1"})
    assert CloudCheck.objects.count() == 2


def test_certain_failures_refuse_the_launch_until_somebody_says_why(
    on_aws: Version, alice: User, world: World, answered: Answered
) -> None:
    world.denied.add("ec2:RunInstances")
    answered(check_before_launch(on_aws, by=alice))
    client = browser(alice)
    posted = {"name": "one", "version": on_aws.pk, "environment": ""}
    refused = client.post(LAUNCH, posted)
    assert refused.status_code == 422
    assert "Check “Dry run of group head” failed" in refused.text
    assert "Launch anyway" in refused.text
    silent = client.post(LAUNCH, {**posted, "anyway": "1"})
    assert "Enter why the launch goes on despite failed checks." in silent.text
    unasked = client.post(LAUNCH, {**posted, "despite": "Typed, not pressed."})
    assert (silent.status_code, unasked.status_code) == (422, 422)
    assert not Cluster.objects.exists()
    client.post(LAUNCH, {**posted, "anyway": "1", "despite": "IAM is slow."})
    assert Cluster.objects.get().name == "one"
    assert AuditEntry.objects.get(action="cluster.launched").reason == "IAM is slow."


def test_nothing_is_said_of_launching_anyway_where_nothing_failed(
    on_aws: Version, alice: User, answered: Answered
) -> None:
    answered(check_before_launch(on_aws, by=alice))
    assert "Launch anyway" not in browser(alice).get(LAUNCH, {"version": on_aws.pk}).text


def test_a_round_without_answers_says_why_and_the_launch_goes_on(
    on_aws: Version, alice: User
) -> None:
    check = check_before_launch(on_aws, by=alice)
    CloudCheck.objects.update(finished_at=check.started_at, message="Could not reach the broker.")
    client = browser(alice)
    shown = client.get(reverse("clouds:check", args=[check.pk]), headers=HTMX).text
    assert "Could not reach the broker." in shown
    answer = client.post(LAUNCH, {"name": "one", "version": on_aws.pk, "environment": ""})
    assert answer.status_code == 302


def test_a_cloud_without_checks_has_no_panel(version: Version, alice: User, driver: Any) -> None:
    client = browser(alice)
    assert "check-panel" not in client.get(LAUNCH, {"version": version.pk}).text
    told = client.post(CHECKS, {"version": version.pk}).text
    assert "Mobula has no checks for clouds on" in told
    assert "hx-" not in panel(told)


def test_the_cluster_has_a_card_that_leads_to_the_raw_answers(
    on_aws: Version, alice: User, bob: User, charlie: User, answered: Answered
) -> None:
    cluster = launch_cluster(name="one", version=on_aws, by=alice)
    url = reverse("clusters:detail", args=[cluster.pk])
    cluster.refresh_from_db()
    check = cluster.run.checks
    assert check
    details = reverse("clouds:check", args=[check.pk])
    assert f'hx-get="{details}?part=summary"' in browser(alice).get(url).text
    answered(check)
    card = browser(bob).get(url).text
    card = card[card.index('id="check-summary"') :]
    assert f'href="{details}"' in card
    assert "?part=summary" not in card
    assert "Raw answer" in browser(bob).get(details).text
    short = browser(bob).get(details, {"part": "summary"}, headers=HTMX).text
    assert "View all answers" in short
    assert browser(charlie).get(details).status_code == 404


def test_the_panel_costs_the_page_few_queries(
    on_aws: Version, alice: User, answered: Answered, django_assert_num_queries: Any,
    django_assert_max_num_queries: Any,
) -> None:  # fmt: skip
    check = answered(check_before_launch(on_aws, by=alice))
    client, address = browser(alice), reverse("clouds:check", args=[check.pk])
    client.get(address, headers=HTMX)
    with django_assert_max_num_queries(6):
        client.get(address, headers=HTMX)
