"""The launch form suggests a free name and answers an empty or a taken one beside the field."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Team, User
from clusters.models import Cluster
from clusters.services import launching
from configurations.models import Version
from configurations.services.templates import create_template
from providers.fake.driver import FakeDriver
from tests.clusters.conftest import TEXT

pytestmark = pytest.mark.django_db

NAME = re.compile(r'<input [^>]*name="name"[^>]*>')
TAKEN = "This team has a live cluster of that name already."


@pytest.fixture
def alices(alice: User, driver: FakeDriver, queued: list[str]) -> Client:
    """A browser in which alice is signed in."""
    client = Client()
    client.force_login(alice)
    return client


@pytest.fixture
def serve(research: Team, alice: User, version: Version) -> Version:
    """A second template, `serve`."""
    return create_template(team=research, name="serve", text=TEXT, message="First.", by=alice)


def name_field(response: Any) -> str:
    found = NAME.search(response.text)
    assert found
    return found[0]


def post(client: Client, version: Version, *, name: str) -> Any:
    given = {"name": name, "suggested_name": "train", "version": version.pk}
    return client.post(reverse("clusters:launch"), given)


def test_form_begins_with_a_free_name(alices: Client, launch: Callable[..., Cluster]) -> None:
    launch("train")
    assert 'value="train-2"' in name_field(alices.get(reverse("clusters:launch")))


@pytest.mark.parametrize(
    ("name", "shown"), [("train", "serve"), ("", "serve"), ("nightly", "nightly")]
)
def test_suggestion_follows_the_choice_and_a_typed_name_stays(
    alices: Client, serve: Version, name: str, shown: str
) -> None:
    given = {"name": name, "suggested_name": "train", "version": serve.pk}
    preview = alices.get(reverse("clusters:launch-preview"), given)
    assert f'value="{shown}"' in name_field(preview)
    assert '<input type="hidden" name="suggested_name" value="serve"' in preview.text


def test_suggested_name_launches(alices: Client, version: Version) -> None:
    answer = post(alices, version, name="train")
    assert answer.headers["Location"] == reverse(
        "clusters:detail", args=[Cluster.objects.get(name="train").pk]
    )


@pytest.mark.parametrize("name", ["", "   "])
def test_empty_name_is_refused_beside_its_field(
    alices: Client, version: Version, name: str
) -> None:
    answer = post(alices, version, name=name)
    assert answer.status_code == 422
    assert '<ul class="field-errors" id="id_name_error"><li>Enter a name' in answer.text
    assert "autofocus" in name_field(answer)
    assert 'aria-invalid="true"' in name_field(answer)
    assert "novalidate" in answer.text  # or the browser may say nothing at all
    assert not Cluster.objects.exists()


def test_taken_name_is_refused_beside_its_field(
    alices: Client, launch: Callable[..., Cluster], version: Version
) -> None:
    launch("train")
    answer = post(alices, version, name="train")
    assert answer.status_code == 422
    assert f'id="id_name_error"><li>{TAKEN}' in answer.text
    assert "autofocus" in name_field(answer)
    assert Cluster.objects.count() == 1


def test_name_taken_between_the_check_and_the_save_is_refused_beside_its_field(
    alices: Client,
    launch: Callable[..., Cluster],
    version: Version,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    check = launching._check_name_is_free
    calls: list[str] = []

    def blind_at_first(cluster: Cluster) -> None:
        calls.append(cluster.name)
        if len(calls) > 1:
            check(cluster)

    launch("train")
    monkeypatch.setattr(launching, "_check_name_is_free", blind_at_first)
    answer = post(alices, version, name="train")
    assert calls == ["train", "train"]  # the second is after the database refused the row
    assert answer.status_code == 422
    assert f'id="id_name_error"><li>{TAKEN}' in answer.text
    assert Cluster.objects.count() == 1


def test_what_is_wrong_with_the_version_stands_above_the_form(
    alices: Client, version: Version
) -> None:
    given = {"name": "train", "version": version.pk, "environment": ""}
    from clouds.models import Cloud

    Cloud.objects.all().delete()
    answer = alices.post(reverse("clusters:launch"), given)
    assert answer.status_code == 422
    assert (
        "Team Research has no access to a cloud &#x27;paper&#x27;. The team has no cloud yet."
        in answer.text
    )
    assert "autofocus" not in name_field(answer)
