"""Pages of images: the list in few queries, states and tags of versions, registries in use."""

from __future__ import annotations

import csv

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.errors import Invalid, WrongState
from accounts.models import Team, User
from domain.images.states import ImageState
from images.building.surroundings import surroundings_of
from images.models import Image, ImageVersion, Registry
from images.services.registries import add_registry, remove_registry, set_registry_credentials
from images.services.states import deprecate_version, restore_version, withdraw_version
from images.services.tags import remove_tag, set_tag
from tests.cast import make_member

pytestmark = pytest.mark.django_db


def add(image: Image, number: int, state: ImageState = ImageState.READY) -> ImageVersion:
    return ImageVersion.objects.create(
        image=image,
        number=number,
        state=state,
        ray_version="2.50.0",
        python_version="3.12",
        location=f"registry.example.org/ml/{image.name}:v{number}",
        digest=f"sha256:{number:064d}",
    )


@pytest.fixture
def train(research: Team) -> Image:
    return Image.objects.create(name="train", team=research)


@pytest.fixture
def client(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def test_list_names_the_version_that_the_name_means(
    client: Client, train: Image, other: Team
) -> None:
    add(train, 1)
    add(train, 2, ImageState.WITHDRAWN)
    add(Image.objects.create(name="secret", team=other), 1)
    address = reverse("images:list")
    shown = client.get(address).content.decode()
    assert "train:1</a>" in shown
    assert "train:2" not in shown
    assert "secret" not in shown
    lines = client.get(address, {"format": "csv", "q": "train"}).content.decode().splitlines()
    [line] = csv.DictReader(lines)
    assert (line["latest"], line["ray"], line["state"]) == ("train:1", "2.50.0", "ready")
    assert "No matching images" in client.get(address, {"state": "draft"}).content.decode()


def test_list_and_its_file_have_tags_descriptions_and_teams(
    client: Client, train: Image, research: Team, alice: User
) -> None:
    Image.objects.filter(pk=train.pk).update(description="For <all> trainings.")
    Image.objects.create(name="empty")
    set_tag(version := add(train, 1), name="stable", by=alice)
    set_tag(version, name="candidate", by=alice)
    address = reverse("images:list")
    shown = client.get(address).content.decode()
    assert "For &lt;all&gt; trainings." in shown
    assert "candidate, stable" in shown
    lines = client.get(address, {"format": "csv"}).content.decode().splitlines()
    rows = {row["name"]: row for row in csv.DictReader(lines)}
    assert (rows["train"]["tags"], rows["train"]["team"]) == ("candidate, stable", research.name)
    assert (rows["empty"]["latest"], rows["empty"]["team"]) == ("", "All teams")


def test_base_that_the_team_has_as_a_version_is_known_to_have_ray(
    train: Image, research: Team, other: Team
) -> None:
    version = add(train, 1)
    withdrawn = add(train, 2, ImageState.WITHDRAWN)
    for base in (version.location, version.pulled_as):
        for text in (f"FROM {base}\n", f"FROM a AS one\nFROM {base} AS two\nFROM two\n"):
            assert surroundings_of(text, team=research).ray_images == {base}
            assert not surroundings_of(text, team=other).ray_images
    for base in (f"{version.location}0", withdrawn.location, f"elsewhere@{version.digest}", ""):
        assert not surroundings_of(f"FROM {base}\n", team=research).ray_images


def test_list_asks_as_often_for_many_images_as_for_few(client: Client, research: Team) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(reverse("images:list")).status_code == 200
        return len(asked)

    add(Image.objects.create(name="first", team=research), 1)
    queries()
    few = queries()
    images = Image.objects.bulk_create(
        Image(name=f"image-{number}", team=research) for number in range(200)
    )
    ImageVersion.objects.bulk_create(
        ImageVersion(
            image=image,
            number=number,
            ray_version="2.50.0",
            python_version="3.12",
            location=f"r.example.org/{image.name}:{number}",
        )
        for image in images
        for number in range(1, 11)
    )
    assert queries() == few


def test_version_is_deprecated_withdrawn_and_restored_on_its_page(
    client: Client, train: Image
) -> None:
    old, new = add(train, 1), add(train, 2)
    page = reverse("images:version", args=[old.pk])
    posted = {"reason": "It is slow.", "successor": new.pk}
    client.post(reverse("images:deprecate", args=[old.pk]), posted)
    assert "train:1 is deprecated: It is slow. Use train:2." in client.get(page).content.decode()
    refused = client.post(reverse("images:withdraw", args=[old.pk]), {"reason": " "})
    assert refused.status_code == 422
    client.post(reverse("images:withdraw", args=[old.pk]), {"reason": "It mines coins."})
    assert "was withdrawn: It mines coins." in client.get(page).content.decode()
    client.post(reverse("images:restore", args=[old.pk]))
    old.refresh_from_db()
    assert (old.state, old.state_reason, old.successor) == ("ready", "", None)


def test_states_that_do_not_follow_are_refused(train: Image, alice: User) -> None:
    version, draft = add(train, 1), add(train, 2, ImageState.DRAFT)
    with pytest.raises(WrongState, match="nothing to restore"):
        restore_version(version, by=alice)
    with pytest.raises(WrongState, match="cannot become withdrawn"):
        withdraw_version(draft, reason="Bad.", by=alice)
    for wrong in (version, draft):
        with pytest.raises(Invalid):
            deprecate_version(version, reason="Old.", successor=wrong, by=alice)


def test_tag_moves_and_goes(client: Client, train: Image, alice: User) -> None:
    first, second = add(train, 1), add(train, 2)
    set_tag(first, name="stable", by=alice)
    posted = {"name": "stable", "version": second.pk}
    client.post(reverse("images:tag", args=[train.pk]), posted)
    [tag] = train.tags.all()
    assert tag.version == second
    shown = client.get(reverse("images:detail", args=[train.pk])).content.decode()
    assert "train:stable" in shown
    remove_tag(tag, by=alice)
    assert not train.tags.exists()
    with pytest.raises(Invalid, match="is the number of a version"):
        set_tag(first, name="7", by=alice)


@pytest.fixture
def admin(research: Team) -> User:
    return make_member("ada", team=research, role="admin")


def test_registry_that_versions_came_from_stays(train: Image, research: Team, admin: User) -> None:
    registry = add_registry(
        name="own", team=research, kind="oci", host="registry.example.org", by=admin
    )
    ImageVersion.objects.create(
        image=train,
        number=1,
        ray_version="2.50.0",
        python_version="3.12",
        location="registry.example.org/train:1",
        registry=registry,
    )
    with pytest.raises(WrongState, match="cannot be removed: train:1 came from it"):
        remove_registry(registry, by=admin)
    assert Registry.objects.filter(pk=registry.pk).exists()


@pytest.mark.parametrize(
    ("kind", "host", "values", "field"),
    [
        ("oci", "r.example.org", {"password": "x"}, "username"),
        ("oci", "r.example.org", {"username": "a:b", "password": "x"}, "username"),
        # Mobula's own identity is not for a team to use.
        ("ecr", "123456789012.dkr.ecr.us-east-1.amazonaws.com", {}, "access_key_id"),
        ("artifact registry", "europe-docker.pkg.dev", {"key": "{}"}, "key"),
    ],
)
def test_credentials_that_cannot_sign_in(
    research: Team, admin: User, kind: str, host: str, values: dict[str, str], field: str
) -> None:
    registry = add_registry(name="own", team=research, kind=kind, host=host, by=admin)
    with pytest.raises(Invalid) as refusal:
        set_registry_credentials(registry, values=values, by=admin)
    assert field in {error.field for error in refusal.value.errors}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"host": "https://r.example.org"}, "host"),
        ({"kind": "ecr"}, "host"),
        ({"kind": "other"}, "kind"),
        ({"prefix": "ML"}, "prefix"),
        ({"ca": "no certificate"}, "ca"),
    ],
)
def test_registry_that_cannot_be(
    research: Team, admin: User, changed: dict[str, str], field: str
) -> None:
    values = {"name": "own", "kind": "oci", "host": "r.example.org", **changed}
    with pytest.raises(Invalid) as refusal:
        add_registry(**values, team=research, by=admin)
    assert field in {error.field for error in refusal.value.errors}
