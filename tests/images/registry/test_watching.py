"""Tags that move in their registries are noticed; a registry that is away is no tag that moved."""

from __future__ import annotations

from itertools import count

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from accounts.models import Team, User
from domain.images.states import ImageState
from images.models import Image, ImageVersion
from images.registries import watching
from images.registries.sights import TagState, sight_of, sights_of
from images.registries.watching import AGAIN_AFTER, EVERY, due, look_at_tags
from images.services.registering import register_image
from images.tasks import watch_tags
from providers.errors import Unreachable
from providers.oci import RegistryClient
from tests.images.registry.server import Server

pytestmark = pytest.mark.django_db
NOBODY = "127.0.0.1:9"  # nobody listens there
_MOVED = "sha256:" + "e" * 64
_repositories = count()


@pytest.fixture
def place(open_registry: Server) -> str:
    """A tag of an image that is in the registry."""
    repository = f"watch/train{next(_repositories)}"
    open_registry.push(repository, "latest", layer=b"first")
    return f"{open_registry.host}/{repository}:latest"


@pytest.fixture
def version(place: str, research: Team, alice: User) -> ImageVersion:
    return register_image(uri=place, name="train", team=research, by=alice)


def push_again(server: Server, place: str, layer: bytes) -> str:
    repository = place.partition("/")[2].partition(":")[0]
    return server.push(repository, "latest", layer=layer)


def add(image: Image, number: int, host: str = NOBODY, **columns: object) -> ImageVersion:
    values = {"digest": f"sha256:{number:064d}", "location": f"{host}/train:{number}", **columns}
    return ImageVersion.objects.create(
        image=image, number=number, ray_version="2.50.0", python_version="3.12", **values
    )


@pytest.fixture
def away(research: Team) -> ImageVersion:
    """A version in a registry that does not answer."""
    return add(Image.objects.create(name="away", team=research), 1)


def looked(version: ImageVersion) -> ImageVersion:
    return ImageVersion.objects.get(pk=version.pk)


def state(version: ImageVersion) -> TagState | None:
    sight = sight_of(looked(version))
    return sight.state if sight else None


def page(user: User, version: ImageVersion) -> tuple[str, str]:
    """Return the page of the version, and that of its image."""
    client = Client()
    client.force_login(user)
    own = client.get(reverse("images:version", args=[version.pk]))
    image = client.get(reverse("images:detail", args=[version.image_id]))
    return own.content.decode(), image.content.decode()


def test_tag_that_moves_is_noticed_and_can_be_registered(
    version: ImageVersion, open_registry: Server, place: str, research: Team, alice: User
) -> None:
    assert look_at_tags(moment=now()) == (1, 0)
    assert state(version) == TagState.SAME
    assert "Points to this version" in page(alice, version)[0]
    moved = push_again(open_registry, place, b"second")
    look_at_tags(moment=now() + EVERY)
    assert state(version) == TagState.MOVED
    for shown in page(alice, version):
        assert f"now points to <code>{moved}</code>" in shown
        assert "Register the new version" in shown
    newer = register_image(uri=place, name="train", team=research, by=alice)
    look_at_tags(moment=now() + 2 * EVERY)
    own, image = page(alice, version)
    assert f">{newer}</a>" in own.partition("now points to")[2].partition("</div>")[0]
    assert "Register the new version" not in own
    assert "now points to" not in image  # its newest version has what the tag points to
    assert looked(version).pulled_as.endswith(version.digest)


def test_link_fills_in_what_is_registered(version: ImageVersion, alice: User) -> None:
    client = Client()
    client.force_login(alice)
    asked = {"image": version.image_id, "uri": version.location}
    shown = client.get(reverse("images:register"), asked).content.decode()
    assert f'value="{version.location}"' in shown
    assert 'value="train"' in shown


def test_tag_that_is_gone_is_said(
    version: ImageVersion, open_registry: Server, alice: User
) -> None:
    ImageVersion.objects.filter(pk=version.pk).update(state=ImageState.WITHDRAWN)
    gone = add(version.image, 2, location=version.location.replace("latest", "gone"), host="")
    look_at_tags(moment=now())
    assert state(gone) == TagState.REMOVED
    assert "no longer exists in its registry" in page(alice, gone)[0]
    assert looked(version).tag_asked_at is None  # nobody launches it


def test_registry_that_is_away_is_not_known_since_and_never_moved(
    away: ImageVersion, alice: User
) -> None:
    assert look_at_tags(moment=now()) == (0, 1)
    assert state(away) == TagState.UNKNOWN
    for shown in page(alice, away):
        assert "points is not known since" in shown
        assert "now points to" not in shown
    since = now() - 3 * EVERY
    ImageVersion.objects.filter(pk=away.pk).update(tag_digest=_MOVED, tag_seen_at=since)
    look_at_tags(moment=now() + AGAIN_AFTER)
    own, image = page(alice, away)
    assert state(away) == TagState.UNKNOWN
    assert looked(away).tag_seen_at == since
    for shown in (own, image):
        assert f"It pointed to <code>{_MOVED}</code> then." in shown
        assert "now points to" not in shown
    ImageVersion.objects.filter(pk=away.pk).update(tag_trouble="", tag_seen_at=now())
    assert "now points to" in page(alice, away)[0]


def test_login_that_is_refused_says_so(
    closed_registry: Server, research: Team, alice: User
) -> None:
    closed_registry.push("ml/private", "1")
    image = Image.objects.create(name="private", team=research)
    version = add(image, 1, location=f"{closed_registry.host}/ml/private:1")
    assert look_at_tags(moment=now()) == (0, 1)
    assert "asks who pulls" in looked(version).tag_trouble
    assert "Add a registry for" in page(alice, version)[0]


def test_each_tag_is_asked_once_a_day_and_an_hour_after_trouble(
    version: ImageVersion, away: ImageVersion
) -> None:
    moment = now()
    look_at_tags(moment=moment)
    assert list(due(moment + AGAIN_AFTER / 2)) == []
    assert [one.location for one in due(moment + AGAIN_AFTER)] == [away.location]
    assert {one.location for one in due(moment + EVERY)} == {version.location, away.location}


def test_registry_that_is_away_is_asked_for_one_tag_of_a_pass(
    research: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = Image.objects.create(name="away", team=research)
    for number in range(1, 6):
        add(image, number)
    asked: list[str] = []

    def refuse(client: RegistryClient, reference: str) -> str:
        asked.append(reference)
        raise Unreachable(f"{client.host} does not answer.")

    monkeypatch.setattr(RegistryClient, "digest_of", refuse)
    assert look_at_tags(moment=now()) == (0, 5)
    assert len(asked) == 1
    assert image.versions.exclude(tag_trouble="").count() == 5


def test_pass_ends_when_its_time_is_up(research: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    image = Image.objects.create(name="slow", team=research)
    for number in range(1, 6):
        add(image, number)
    monkeypatch.setattr(RegistryClient, "digest_of", lambda *_: _MOVED)
    seconds = count(step=watching.SECONDS / 2)
    assert look_at_tags(moment=now(), clock=lambda: next(seconds)) == (2, 0)
    assert len(list(due(now()))) == 3


def test_versions_of_the_same_tag_are_asked_for_once(
    research: Team, other: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(RegistryClient, "digest_of", lambda _, tag: asked.append(tag) or _MOVED)
    image = Image.objects.create(name="one", team=research)
    for number in (1, 2):
        add(image, number, location=f"{NOBODY}/train:latest")
    add(Image.objects.create(name="one", team=other), 1, location=f"{NOBODY}/train:latest")
    watch_tags()
    assert asked == ["latest", "latest"]  # with the credentials of each team
    assert ImageVersion.objects.filter(tag_digest=_MOVED).count() == 3
    assert len(sights_of(image)) == 1


@pytest.mark.parametrize(
    "columns",
    [
        {"digest": ""},
        {"location": "/opt/ray/bin/ray"},
        {"location": f"{NOBODY}/train@{_MOVED}"},
        {"state": ImageState.WITHDRAWN},
        {"source": "dockerfile"},
    ],
)
def test_what_cannot_move_is_not_asked_for(research: Team, columns: dict[str, str]) -> None:
    version = add(Image.objects.create(name="still", team=research), 1, **columns)
    assert list(due(now())) == []
    assert sight_of(version) is None
