"""A team without a template chooses one of the library's and goes on to launch it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, Membership, Team, User
from clouds.models import Cloud
from configurations.models import Template, Version
from images.models import ImageVersion
from providers.fake.driver import FakeDriver
from tests.cast import make_cloud

pytestmark = pytest.mark.django_db

KEY = "local-quick-start"


@pytest.fixture
def local(image: ImageVersion) -> Cloud:
    """This machine, as a fresh installation knows it."""
    return make_cloud("local", provider="local")


@pytest.fixture
def alices(alice: User, local: Cloud) -> Client:
    """A browser in which alice is signed in."""
    client = Client()
    client.force_login(alice)
    return client


def choose(client: Client, key: str = KEY) -> Any:
    return client.post(reverse("clusters:launch-from-library", args=[key]))


def test_launch_page_offers_what_fits_the_teams_clouds(alices: Client) -> None:
    shown = alices.get(reverse("clusters:launch")).text
    assert "Quick start on this machine" in shown
    assert reverse("clusters:launch-from-library", args=[KEY]) in shown
    assert "Batch work on CPUs" not in shown  # nobody has a cloud for it
    assert "Create template" in shown


def test_without_a_cloud_that_fits_a_template_comes_first(alices: Client, local: Cloud) -> None:
    local.delete()
    assert "No templates yet" in alices.get(reverse("clusters:launch")).text


def test_choice_is_saved_as_version_1_and_goes_on_to_the_launch_form(
    alices: Client, alice: User, research: Team
) -> None:
    answer = choose(alices)
    version = Version.objects.get()
    assert answer.headers["Location"] == f"{reverse('clusters:launch')}?version={version.pk}"
    assert (version.template.name, version.template.team, version.number) == (KEY, research, 1)
    assert version.message == "From the library: Quick start on this machine."
    assert version.author == alice
    assert AuditEntry.objects.filter(action="template.created", team=research).exists()
    form = alices.get(answer.headers["Location"]).text
    assert f'<option value="{version.pk}" selected>' in form
    assert f'name="name" value="{KEY}"' in form
    assert "is not supported" not in form


def test_second_click_makes_no_second_template(alices: Client) -> None:
    assert choose(alices).headers["Location"] == choose(alices).headers["Location"]
    assert Template.objects.count() == 1


def test_name_of_an_archived_template_is_not_used_again(alices: Client) -> None:
    choose(alices)
    Template.objects.update(archived_at=Version.objects.get().created_at)
    choose(alices)
    assert sorted(Template.objects.values_list("name", flat=True)) == [KEY, f"{KEY}-2"]


@pytest.mark.parametrize("key", ["nothing", "cpu-batch"])
def test_template_that_is_not_offered_is_not_found(alices: Client, key: str) -> None:
    assert choose(alices, key).status_code == 404
    assert not Template.objects.exists()


def test_viewer_may_not(alices: Client, alice: User) -> None:
    Membership.objects.filter(user=alice).update(role="viewer")
    assert choose(alices).status_code == 403
    assert alices.get(reverse("clusters:launch")).status_code == 403
    assert not Template.objects.exists()


def test_choice_that_the_cloud_has_no_machine_for_is_refused_with_the_reason(
    alices: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeDriver()
    monkeypatch.setattr("providers.registry.open_driver", lambda _account: fake)
    page = alices.get(choose(alices).url)
    assert "has no instance type" in page.text
    assert not Template.objects.exists()


def test_looking_changes_nothing(alices: Client) -> None:
    address = reverse("clusters:launch-from-library", args=[KEY])
    assert alices.get(address).status_code == 405
    assert not Template.objects.exists()


def test_overview_of_a_new_installation_points_to_the_launch_page(alices: Client) -> None:
    shown = alices.get("/").text
    assert f'href="{reverse("clusters:launch")}"' in shown
    assert f'href="{reverse("configurations:library")}"' in shown
