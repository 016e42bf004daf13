"""Whose a thing is, what changed with a start, and bulk operations, as the pages say it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from accounts.models import AuditEntry, Membership, Team, User
from accounts.queries import TEAM_IN_SESSION
from clusters.models import Cluster, Job
from clusters.services.jobs import stop_job
from tests.clusters.head import Head

pytestmark = pytest.mark.django_db


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_page_of_another_team_says_whose_it_is_and_switches(
    head: Head, alice: User, other: Team
) -> None:
    Membership.objects.create(team=other, user=alice, role="viewer")
    client = client_of(alice)
    session = client.session
    session[TEAM_IN_SESSION] = other.pk
    session.save()
    page = reverse("clusters:detail", args=[head.cluster.pk])
    template = reverse("configurations:template", args=[head.cluster.version.template_id])
    for address in (page, template):
        assert "belongs to team <strong>Research</strong>" in client.get(address).text
    client.post(reverse("accounts:switch-team"), {"team": head.cluster.team_id, "next": page})
    assert "belongs to team" not in client.get(page).text


def test_connect_says_for_a_day_that_a_start_changed_the_addresses(head: Head, alice: User) -> None:
    page = reverse("clusters:detail", args=[head.cluster.pk])
    client = client_of(alice)
    assert "was started again" not in client.get(page).text
    run = head.cluster.run
    run.number, run.requested_at = 2, now()
    run.save()
    assert "was started again" in client.get(page).text


def test_the_trail_names_the_job(head: Head, alice: User) -> None:
    cluster = head.cluster
    job = Job.objects.create(cluster=cluster, run=cluster.run, submission_id="train-1")
    stop_job(job, by=alice)
    entry = AuditEntry.objects.get(action="job.stopped")
    assert (entry.subject_kind, entry.subject_name) == ("job", "train-1")
    assert entry.after == {"cluster": cluster.name}


def test_bulk_stop_names_what_was_refused_and_stops_the_rest(
    launch: Callable[..., Any], alice: User, charlie: User
) -> None:
    first, second = launch("first"), launch("second")
    Cluster.objects.filter(pk=second.pk).update(state="terminated", target="terminated")
    url = reverse("clusters:bulk", args=["stop"])
    keys = {"pk": [str(first.pk), str(second.pk), "x"]}
    asked = client_of(alice).get(url, keys)
    assert "Stop 1 cluster?" in asked.text
    assert Cluster.objects.get(pk=first.pk).target == "running"
    answer = client_of(alice).post(url, keys)
    assert [str(message) for message in get_messages(answer.wsgi_request)] == [
        "Stopping first.",
        "Not stopped: second. It is terminated: only a running cluster can be stopped.",
    ]
    assert Cluster.objects.get(pk=first.pk).target == "stopped"
    assert client_of(charlie).post(url, keys).status_code == 404
