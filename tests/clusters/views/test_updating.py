"""The Configuration tab's update form, and the notice of outdated nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from clusters.models import Cluster
from configurations.models import Version
from configurations.services.templates import save_version
from tests.clusters.head import Head

if TYPE_CHECKING:
    from django.http import HttpResponse

pytestmark = pytest.mark.django_db


@pytest.fixture
def larger(version: Version, alice: User) -> Version:
    """Version 2: the workers are of another type, and there may be more of them."""
    text = version.text.replace("cpu\n    instance_type: small", "cpu\n    instance_type: large")
    text = text.replace("max_nodes: 4", "max_nodes: 6")
    return save_version(version.template, text=text, base=1, message="Larger.", by=alice).version


@pytest.fixture
def page(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def tab(page: Client, head: Head, name: str) -> str:
    return page.get(
        reverse("clusters:detail", args=[head.cluster.pk]) + f"?tab={name}"
    ).content.decode()


def post(page: Client, head: Head, name: str, **fields: object) -> HttpResponse:
    answer: HttpResponse = page.post(
        reverse(f"clusters:{name}", args=[head.cluster.pk]), fields, follow=True
    )
    return answer


def test_without_another_version_there_is_no_form(page: Client, head: Head) -> None:
    assert "Update to another version" not in tab(page, head, "configuration")


def test_the_form_shows_what_the_newest_version_changes(
    page: Client, head: Head, larger: Version
) -> None:
    shown = tab(page, head, "configuration")
    assert "Update to another version" in shown
    assert "Group cpu: Instance type" in shown
    assert "Running nodes do not change until they are replaced" in shown


def test_the_preview_follows_the_choice(
    page: Client, head: Head, larger: Version, alice: User
) -> None:
    text = larger.text.replace("idle_minutes: 30", "idle_minutes: 9")
    save_version(larger.template, text=text, base=2, message="Idle.", by=alice)
    url = reverse("clusters:update-preview", args=[head.cluster.pk])
    assert "Idle" not in page.get(url, {"version": larger.pk}).content.decode()
    assert page.get(url, {"version": "no"}).status_code == 200


def test_an_update_makes_nodes_outdated_and_the_page_offers_to_replace_them(
    page: Client, head: Head, larger: Version
) -> None:
    head.wants(1, CPU=1.0)
    head.report()
    head.pass_by()
    head.report()
    answer = post(page, head, "update", version=larger.pk)
    assert "Updated one to train:2." in answer.content.decode()
    shown = tab(page, head, "nodes")
    assert "1 of 1 worker node runs with the settings of an earlier version." in shown
    assert "Group cpu: Instance type: small → large" in shown
    assert "Replacing the outdated nodes." in post(page, head, "replace").content.decode()
    assert "Pause replacement" in tab(page, head, "nodes")
    assert "Replacement paused." in post(page, head, "pause-replacement").content.decode()
    assert Cluster.objects.get(pk=head.cluster.pk).replacing_since is None


def test_a_version_that_is_not_offered_is_refused_at_its_field(
    page: Client, head: Head, version: Version
) -> None:
    answer = post(page, head, "update", version=version.pk)
    assert "Select another version of this cluster" in answer.content.decode()


def test_a_viewer_sees_the_changes_and_no_button(head: Head, larger: Version, bob: User) -> None:
    client = Client()
    client.force_login(bob)
    shown = tab(client, head, "configuration")
    assert "Group cpu: Instance type" in shown
    assert "Update cluster" not in shown
    assert "Update to train:2…</span>" in shown  # and no link
    assert "#update-title" not in shown


def test_the_page_offers_the_newer_version_and_another_cluster_like_this(
    page: Client, head: Head, larger: Version
) -> None:
    shown = tab(page, head, "overview")
    assert "Update to train:2…" in shown
    assert f"?tab=configuration&amp;version={larger.pk}#update-title" in shown
    assert f"?version={head.cluster.version_id}&amp;environment=&amp;name=one-2" in shown
    assert "Launch another like this" in shown


def test_a_terminated_cluster_can_be_relaunched_under_its_name(page: Client, head: Head) -> None:
    Cluster.objects.filter(pk=head.cluster.pk).update(target="terminated", state="terminated")
    shown = tab(page, head, "overview")
    assert "Relaunch" in shown
    assert '&amp;name=one"' in shown


def test_what_needs_a_new_head_offers_a_relaunch_that_says_what_is_lost(
    page: Client, head: Head, version: Version, alice: User
) -> None:
    text = version.text.replace("instance_type: small\nworker", "instance_type: large\nworker")
    new = save_version(version.template, text=text, base=1, message="Head.", by=alice).version
    shown = tab(page, head, "configuration")
    assert "Terminate and relaunch with this version…" in shown
    assert "running jobs, actors, and objects in memory are lost" in shown
    assert "one-2 costs $0." in shown
    answer = post(page, head, "relaunch", version=new.pk)
    assert "Launched one-2 with train:2. Terminating one." in answer.content.decode()


def test_time_limits_are_edited_on_the_page(page: Client, head: Head) -> None:
    assert "Automatic termination" in tab(page, head, "configuration")
    answer = post(page, head, "limits", idle_minutes="45", max_lifetime_minutes="")
    assert "Saved the time limits of one." in answer.content.decode()
    shown = tab(page, head, "configuration")
    assert "Idle timeout 30 min → 45 min" in shown
    answer = post(page, head, "limits", idle_minutes="-3", max_lifetime_minutes="")
    assert "Idle timeout (minutes): " in answer.content.decode()
