"""Images are registered from a real registry: pinned, once, by those who may."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.errors import Invalid, NotAllowed
from accounts.models import AuditEntry, Team, User
from clouds.checking.logins import certificates_of as clouds_certificates_of
from images.models import Image, ImageVersion, Registry
from images.registries.asking import certificates_of, has_password, password_for, passwords_of
from images.services.checking import check_registry
from images.services.registering import register_image
from images.services.registries import (
    add_registry,
    change_registry,
    set_registry_credentials,
)
from tests.cast import make_member
from tests.images.registry.server import ACCOUNT, Server

pytestmark = pytest.mark.django_db
_ACCOUNT = {"username": "ci", "password": "secret"}


@pytest.fixture
def admin(research: Team) -> User:
    return make_member("ada", team=research, role="admin")


@pytest.fixture
def own(closed_registry: Server, research: Team, admin: User) -> Registry:
    """The closed registry, as the team added it."""
    registry = add_registry(
        name="own", team=research, kind="oci", host=closed_registry.host, by=admin
    )
    return set_registry_credentials(registry, values=_ACCOUNT, by=admin)


def test_version_is_pinned_and_knows_what_is_in_it(
    open_registry: Server, research: Team, alice: User
) -> None:
    pushed = open_registry.push("ml/known", "1")
    uri = f"{open_registry.host}/ml/known:1"
    version = register_image(uri=uri, name="known", team=research, by=alice, message="First.")
    version.refresh_from_db()
    assert str(version) == "known:1"
    assert (version.digest, version.location) == (pushed, uri)
    assert version.pulled_as == f"{open_registry.host}/ml/known@{pushed}"
    assert (version.ray_version, version.python_version, version.cuda_version) == (
        "2.50.0",
        "3.12.4",
        "12.8.1",
    )
    assert version.platforms[0]["digest"] == pushed
    assert version.size_bytes == version.platforms[0]["size"] > 0
    entry = AuditEntry.objects.get(action="image_version.registered")
    assert (entry.actor, entry.after["digest"]) == (alice, pushed)


def test_same_digest_is_told_and_not_created_twice(
    open_registry: Server, research: Team, alice: User
) -> None:
    pushed = open_registry.push("ml/twice", "1", layer=b"first")
    uri = f"{open_registry.host}/ml/twice:1"
    register_image(uri=uri, name="twice", team=research, by=alice)
    for again in (uri, f"{open_registry.host}/ml/twice@{pushed}"):
        with pytest.raises(Invalid, match="twice:1 is this image already"):
            register_image(uri=again, name="twice", team=research, by=alice)
    open_registry.push("ml/twice", "1", layer=b"second")
    assert str(register_image(uri=uri, name="twice", team=research, by=alice)) == "twice:2"
    assert Image.objects.filter(name="twice").count() == 1


def test_what_the_image_does_not_say_is_asked_for(
    open_registry: Server, research: Team, alice: User
) -> None:
    open_registry.push("ml/silent", "1", environment=("PATH=/usr/bin",))
    asked = {"uri": f"{open_registry.host}/ml/silent:1", "name": "silent", "team": research}
    with pytest.raises(Invalid) as refusal:
        register_image(**asked, by=alice)
    assert [error.field for error in refusal.value.errors] == ["ray_version", "python_version"]
    assert not Image.objects.filter(name="silent").exists()
    given = register_image(**asked, by=alice, ray_version="2.49.1", python_version="3.11")
    assert (given.ray_version, given.python_version) == ("2.49.1", "3.11")


@pytest.mark.parametrize(
    ("uri", "name", "field"),
    [
        ("http://r.example.org/x:1", "train", "uri"),
        ("127.0.0.1:9/ml/train:1", "train", "uri"),
        ("127.0.0.1:9/ml/train:1", "Train", "name"),
    ],
)
def test_what_is_wrong_is_named_at_its_field(
    research: Team, alice: User, uri: str, name: str, field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        register_image(uri=uri, name=name, team=research, by=alice)
    assert [error.field for error in refusal.value.errors] == [field]
    assert not ImageVersion.objects.filter(location=uri).exists()


def test_image_of_all_teams_takes_an_installation_admin(research: Team, alice: User) -> None:
    with pytest.raises(NotAllowed):
        register_image(uri="127.0.0.1:9/x:1", name="x", team=None, by=alice)


def test_registry_of_the_team_opens_its_images(
    closed_registry: Server, own: Registry, research: Team, other: Team, alice: User
) -> None:
    closed_registry.push("ml/private", "1")
    uri = f"{closed_registry.host}/ml/private:1"
    version = register_image(uri=uri, name="private", team=research, by=alice)
    assert version.registry == own
    # Nodes of this team get tokens by it, and those of another do not.
    assert password_for(own.host, team=research) == ACCOUNT
    assert passwords_of(research)[own.host] == ACCOUNT
    assert has_password(own.host, team=research)
    assert password_for(own.host, team=other) == ""
    assert own.host not in passwords_of(other)
    assert certificates_of(research) == {}
    own.settings["ca"] = "PEM"
    own.save()
    assert certificates_of(research) == {own.host: "PEM"}
    assert certificates_of(other) == {}
    assert clouds_certificates_of(research) == {own.host: "PEM"}  # the checks before a launch ask
    stranger = make_member("eve", team=other, role="engineer")
    with pytest.raises(Invalid, match="asks who pulls"):
        register_image(uri=uri, name="private", team=other, by=stranger)


def test_check_tells_who_is_let_in(own: Registry, admin: User) -> None:
    assert "accepts its credentials" in str(check_registry(own, by=admin))
    wrong = set_registry_credentials(own, values={"username": "ci", "password": "wrong"}, by=admin)
    with pytest.raises(Invalid, match="does not accept the credentials"):
        check_registry(wrong, by=admin)


def test_secret_is_kept_sealed_and_left_behind_at_another_host(own: Registry, admin: User) -> None:
    assert own.sealed_credentials
    assert "secret" not in own.sealed_credentials
    kept = set_registry_credentials(own, values={"username": "ci", "password": ""}, by=admin)
    assert password_for(own.host, team=kept.team) == ACCOUNT
    moved = change_registry(kept, name="own", host="evil.example.org", by=admin)
    assert moved.sealed_credentials == ""
    trail = AuditEntry.objects.filter(subject_kind="registry")
    assert trail.count() == 4
    assert not [row for row in trail if "secret" in f"{row.before}{row.after}"]


def test_page_registers_and_shows_what_was_found(
    open_registry: Server, research: Team, alice: User
) -> None:
    pushed = open_registry.push("ml/page", "1")
    client = Client()
    client.force_login(alice)
    posted = {"uri": f"{open_registry.host}/ml/page:1", "name": "page", "team": research.pk}
    answer = client.post(reverse("images:register"), posted, follow=True)
    shown = answer.content.decode()
    assert "Registered page:1." in shown
    assert pushed in shown
    assert "linux/amd64" in shown
    again = client.post(reverse("images:register"), posted)
    assert again.status_code == 422
    assert "page:1 is this image already" in again.content.decode()
