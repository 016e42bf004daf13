"""What people read of a switch: on the request, on both clusters, and in the list."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from accounts.models import User
from clusters.models import Cluster
from clusters.services.operating import stop_cluster
from configurations.models import Version
from promotions.models import Environment
from promotions.services.requests import request_change
from tests.promotions.steps import carry_on
from tests.promotions.switching.side import (
    Side,
    begun,
    brought_up,
    other_head,
    released,
    stepped,
    switched,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def words_of(browser: Client, address: str) -> str:
    """The text of a page without its tags."""
    answer = browser.get(address)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.text))


def page_of(cluster: Cluster) -> str:
    return f"/clusters/{cluster.pk}/"


def test_the_form_offers_it_and_says_what_it_does(browser: Client, old: Side) -> None:
    version = old.cluster.version
    new = other_head(version)
    address = f"/templates/{new.template_id}/versions/{new.number}/request/"
    text = browser.get(address).text
    assert '<option value="switch">Launch a new cluster beside each and switch</option>' in text
    assert "both cost meanwhile" in text
    values = {"environment": "dev", "title": "More.", "strategy": "switch"}
    assert browser.post(address, values).status_code == 302
    change = new.requests.get()
    assert change.strategy == "switch"


def test_the_review_says_which_clusters_get_one_and_what_that_costs(
    browser: Client, old: Side, version: Version, alice: User
) -> None:
    Environment.objects.update(approvals=1)  # nobody approves it: it stays as it is
    request = request_change(
        other_head(version), environment="dev", title="More.", strategy="switch", by=version.author
    )
    page = f"/changes/{carry_on(request).pk}/"
    words = words_of(browser, page)
    assert re.search(r"While both run, at most \$\d+\.\d+ more per hour\.", words)
    assert "A new cluster beside prod-train" in words
    stop_cluster(old.cluster, by=alice)
    words = words_of(browser, page)
    assert "No running cluster follows dev: no cluster is launched beside another." in words


def test_both_clusters_and_the_list_say_who_takes_whose_place(
    browser: Client, old: Side, version: Version
) -> None:
    request = released(other_head(version))
    new = begun(request)
    link = f"Change request {request.pk}"
    words = words_of(browser, page_of(old.cluster))
    assert "prod-train-next will take this cluster's place. Starting prod-train-next" in words
    assert link in words
    words = words_of(browser, page_of(new.cluster))
    assert "Will take the place of prod-train once its nodes are ready." in words
    words = words_of(browser, "/clusters/")
    assert "prod-train-next will take its place" in words
    assert "Will take the place of prod-train" in words
    old.has_job()
    brought_up(new.cluster)
    stepped(stepped(request))
    words = words_of(browser, page_of(old.cluster))
    assert "Replaced by prod-train. This cluster takes no new jobs: submit them" in words
    assert "1 job finishes on it." in words
    assert "Do not submit jobs at these addresses any more" in words
    assert "Run a test workload" not in words
    answer = browser.get(page_of(old.cluster)).text
    assert f'href="{page_of(new.cluster)}"' in answer
    words = words_of(browser, page_of(new.cluster))
    assert "Took the place of prod-train-previous. 1 job finishes on it." in words
    assert "Run a test workload" in words
    words = words_of(browser, "/clusters/")
    assert "Replaced by prod-train" in words
    assert "Took the place of prod-train-previous" in words


def test_the_request_shows_both_clusters(browser: Client, old: Side, version: Version) -> None:
    request = released(other_head(version))
    old.has_job()
    new = switched(request)
    stepped(request)
    text = browser.get(f"/changes/{request.pk}/").text
    assert f'<a href="{page_of(new.cluster)}">prod-train</a>' in text
    assert (
        f'<a href="{page_of(old.cluster)}">prod-train-previous</a>: 1 job finishes on it.' in text
    )


def test_a_refused_job_is_told_where_to_go(browser: Client, old: Side, version: Version) -> None:
    switched(released(other_head(version)))
    values = {"cpu_tasks-tasks": 1, "cpu_tasks-seconds": 0, "cpu_tasks-cpus": 0.1}
    address = f"{page_of(old.cluster)}workloads/cpu_tasks/"
    answer = browser.post(address, values, follow=True)
    assert "Submit them to prod-train." in answer.text
