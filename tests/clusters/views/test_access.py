"""Who may open what: each address of the clusters' pages, for each of the cast."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from clusters.models import Job
from configurations.models import Template
from providers.fake.driver import FakeDriver
from providers.fake.offerings import fake_offerings
from providers.local.offerings import local_offerings
from tests.cast import make_cloud
from tests.clusters.conftest import TEXT
from tests.clusters.head import Head

pytestmark = pytest.mark.django_db

# name -> (arguments of the address, what is posted; None: a GET)
ADDRESSES: dict[str, tuple[tuple[str, ...], dict[str, Any] | None]] = {
    "clusters:list": ((), None),
    "clusters:launch": ((), {"name": "new", "version": "{version}"}),
    "clusters:launch-preview": ((), None),
    "clusters:launch-from-library": (("local-quick-start",), {}),
    "clusters:detail": (("{cluster}",), None),
    "clusters:csv": (("{cluster}", "events"), None),
    "clusters:stop": (("{cluster}",), {}),
    "clusters:start": (("{cluster}",), {}),
    "clusters:terminate": (("{cluster}",), {}),
    "clusters:hold": (("{cluster}",), {"hours": 1}),
    "clusters:resize": (("{cluster}", "cpu"), {"cpu-min_nodes": 0, "cpu-max_nodes": 3}),
    "clusters:update": (("{cluster}",), {"version": "{version}"}),
    "clusters:update-preview": (("{cluster}",), None),
    "clusters:replace": (("{cluster}",), {}),
    "clusters:cancel-replacement": (("{cluster}",), {}),
    "clusters:try-again": (("{cluster}", "cpu"), {}),
    "clusters:what-if": (("{cluster}",), None),
    "clusters:enable-rule": (("{cluster}", "cpu"), {}),
    "clusters:disable-rule": (("{cluster}", "cpu"), {}),
    "clusters:workload": (
        ("{cluster}", "cpu_tasks"),
        {"cpu_tasks-tasks": 1, "cpu_tasks-cpus": 1, "cpu_tasks-seconds": 0},
    ),
    "clusters:job": (("{cluster}", "{job}"), None),
    "clusters:job-log": (("{cluster}", "{job}"), None),
    "clusters:stop-job": (("{cluster}", "{job}"), {}),
    "configurations:machines": ((), None),
    "configurations:picker": ((), None),
    "configurations:templates": ((), None),
    "configurations:new-template": ((), {"name": "new", "message": "First.", "text": TEXT}),
    "configurations:template": (("{template}",), None),
    "configurations:edit-template": (
        ("{template}",),
        {"base": 1, "message": "More.", "text": TEXT + "# more"},
    ),
    "configurations:check-template": (("{template}",), {}),
    "configurations:archive-template": (("{template}",), {}),
    "configurations:version": (("{template}", 1), None),
    "configurations:clone-version": (("{template}", 1), {"cloud": "paper"}),
    "configurations:export-version": (("{template}", 1), None),
    "configurations:import-template": ((), {"text": TEXT, "do": "open"}),
    "configurations:library": ((), None),
    "configurations:use-template": (("single-node",), {}),
    "configurations:archive-version": (("{template}", 1), {}),
    "configurations:unarchive-version": (("{template}", 1), {}),
    "configurations:restore-version": (("{template}", 1), {}),
    "configurations:unarchive-template": (("{template}",), {}),
}
# These show or make what belongs to the requesting user's own team.
OWN = {
    "configurations:import-template",
    "clusters:launch-preview",
    "clusters:launch-from-library",
    "configurations:library",
    "clusters:list",
    "configurations:machines",
    "configurations:new-template",
    "configurations:picker",
    "configurations:templates",
    "configurations:use-template",
}
# A POST that changes nothing: it answers with a page.
ANSWERS = {"configurations:check-template"}


@pytest.fixture
def job(head: Head, driver: FakeDriver, monkeypatch: pytest.MonkeyPatch) -> Job:
    """A job that runs on alice's cluster; there is a cloud for the library's quick start, too."""
    both = [*fake_offerings(""), *local_offerings("")]
    monkeypatch.setattr(driver, "offerings", lambda _region: both)
    make_cloud("local", provider="local")
    return Job.objects.create(
        cluster=head.cluster, run=head.cluster.run, submission_id="j1", status="RUNNING"
    )


def names_of_addresses() -> set[str]:
    return {
        f"{resolver.app_name}:{pattern.name}"
        for resolver in get_resolver().url_patterns
        if getattr(resolver, "app_name", "") in {"clusters", "configurations"}
        for pattern in resolver.url_patterns
    }


def test_every_address_is_in_the_matrix() -> None:
    # Drafts are their author's alone: test_drafts covers their addresses.
    assert names_of_addresses() == ADDRESSES.keys() | {
        "configurations:draft",
        "configurations:discard-draft",
    }


def request_as(user: Any, address: str, job: Job, **filled: Any) -> int:
    words = {
        "cluster": str(job.cluster_id),
        "job": job.pk,
        "version": job.cluster.version_id,
        "template": job.cluster.version.template_id,
    } | filled
    args, posted = ADDRESSES[address]
    url = reverse(address, args=[str(arg).format(**words) for arg in args])
    client = Client()
    if user:
        client.force_login(user)
    if posted is None:
        return client.get(url).status_code
    body = {key: str(value).format(**words) for key, value in posted.items()}
    return client.post(url, body).status_code


@pytest.mark.parametrize("address", ADDRESSES)
def test_engineer_passes(alice: Any, job: Job, address: str) -> None:
    is_page = ADDRESSES[address][1] is None or address in ANSWERS
    assert request_as(alice, address, job) == (200 if is_page else 302)


@pytest.mark.parametrize("address", ADDRESSES)
def test_viewer_looks_and_changes_nothing(bob: Any, job: Job, address: str) -> None:
    before = (job.cluster.events.count(), job.cluster.commands.count())
    assert request_as(bob, address, job) == (200 if ADDRESSES[address][1] is None else 403)
    assert (job.cluster.events.count(), job.cluster.commands.count()) == before


@pytest.mark.parametrize("address", [address for address in ADDRESSES if address not in OWN])
def test_stranger_finds_nothing(charlie: Any, job: Job, address: str) -> None:
    # A launch from a version of another team is refused as if there were no such version.
    assert request_as(charlie, address, job) == (422 if address == "clusters:launch" else 404)


@pytest.mark.parametrize("address", ["clusters:list", "configurations:templates"])
def test_stranger_does_not_see_it_in_the_list(charlie: Any, job: Job, address: str) -> None:
    client = Client()
    client.force_login(charlie)
    response = client.get(reverse(address))
    assert f">{job.cluster.name}<" not in response.text
    assert job.cluster.version.template.name not in response.text


def test_new_template_is_made_in_the_own_team(charlie: Any, other: Any, job: Job) -> None:
    assert request_as(charlie, "configurations:new-template", job) == 302
    assert Template.objects.get(name="new").team == other


@pytest.mark.parametrize("address", ADDRESSES)
def test_nobody_is_sent_to_sign_in(job: Job, address: str) -> None:
    assert request_as(None, address, job) == 302


@pytest.mark.parametrize(
    "address", [address for address, (_, posted) in ADDRESSES.items() if posted == {}]
)
def test_looking_never_changes_anything(alice: Any, job: Job, address: str) -> None:
    client = Client()
    client.force_login(alice)
    ids = {"cluster": job.cluster_id, "job": job.pk, "template": job.cluster.version.template_id}
    args = [str(a).format(**ids) for a in ADDRESSES[address][0]]
    assert client.get(reverse(address, args=args)).status_code == 405


def test_viewer_is_not_shown_the_token(alice: Any, bob: Any, head: Head) -> None:
    from clusters.nodes.tokens import ray_token

    url = reverse("clusters:detail", args=[head.cluster.pk])
    for user, shown in ((alice, True), (bob, False)):
        client = Client()
        client.force_login(user)
        assert (ray_token(head.cluster) in client.get(url).text) is shown
