"""Pages of virtual environments: a draft is written, checked while it is typed, built, launched."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from accounts.models import Team, User
from domain.images.states import ImageSource, ImageState
from images.building.run import run_build
from images.models import Build, ImageVersion
from providers.environments import interpreters
from tests.providers.environments.wheels import index

__all__ = ["index"]
pytestmark = pytest.mark.django_db
PYTHON = interpreters()[0].minor
VALUES = {
    "name": "train",
    "python": PYTHON,
    "requirements": "ray[default]==2.60.0\r\ntiny==1.0\r\n",
}


@pytest.fixture
def browser(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def draft(browser: Client) -> ImageVersion:
    answer = browser.post(reverse("images:new-environment"), VALUES)
    version = ImageVersion.objects.get(image__name="train")
    assert answer["Location"] == reverse("images:edit-environment", args=[version.pk])
    return version


def test_a_new_environment_is_a_draft_of_the_team(draft: ImageVersion, research: Team) -> None:
    assert (draft.state, draft.source) == (ImageState.DRAFT, ImageSource.VIRTUAL_ENVIRONMENT)
    assert draft.requirements == "ray[default]==2.60.0\ntiny==1.0\n"
    assert (draft.image.team, draft.location) == (research, "")


def test_it_can_be_saved_again(browser: Client, draft: ImageVersion) -> None:
    address = reverse("images:edit-environment", args=[draft.pk])
    assert b"tiny==1.0" in browser.get(address).content
    changed = {**VALUES, "requirements": "ray[default]==2.60.0\n", "message": "without tiny"}
    assert browser.post(address, changed).status_code == 302
    draft.refresh_from_db()
    assert (draft.requirements, draft.message) == ("ray[default]==2.60.0\n", "without tiny")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"requirements": "ray[default]==2.60.0\n-r /etc/passwd\n"}, b"is not supported"),
        ({"requirements": "tiny==1.0\n"}, b"Ray is not among the requirements."),
        ({"python": "2.7"}, b"2.7 is not one of the available choices"),
        ({"name": "Train!"}, b"cannot name an image"),
    ],
)
def test_what_is_wrong_is_told_beside_what_was_typed(
    browser: Client, changed: dict[str, str], told: bytes
) -> None:
    answer = browser.post(reverse("images:new-environment"), {**VALUES, **changed})
    assert answer.status_code == 422
    assert told in answer.content
    assert changed.get("requirements", "tiny").splitlines()[0].encode() in answer.content
    assert not ImageVersion.objects.filter(image__name="train").exists()


def test_problems_are_told_while_it_is_typed(browser: Client) -> None:
    answer = browser.post(reverse("images:check-requirements"), {"requirements": "<b>x"})
    assert b"requirement" in answer.content
    assert b"<b>x" not in answer.content


def test_a_dockerfile_and_an_environment_are_not_mixed(
    browser: Client, draft: ImageVersion
) -> None:
    answer = browser.get(reverse("images:edit-draft", args=[draft.pk]))
    assert answer["Location"] == reverse("images:edit-environment", args=[draft.pk])


def test_built_it_can_be_launched_on_this_machine(
    browser: Client, draft: ImageVersion, index: Path, tmp_path: Path
) -> None:
    with override_settings(MOBULA_HOME=tmp_path / "home"):
        browser.post(reverse("images:start-build", args=[draft.pk]))
        build = Build.objects.get(version=draft)
        run_build(build.pk)
    page = browser.get(reverse("images:build", args=[build.pk]))
    assert b"Ray 2.60.0" in page.content
    draft.refresh_from_db()
    assert draft.state == ImageState.READY
    assert Path(draft.location).exists()
