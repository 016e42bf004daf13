"""Two versions of an image side by side, and what is said where nothing can be compared."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Team, User
from domain.images.states import ImageState
from images.models import Image, ImageContents, ImageVersion

pytestmark = pytest.mark.django_db
_BASE = {"digest": "sha256:" + "b" * 64, "size": 2**30, "created_by": "FROM ray"}


@pytest.fixture
def train(research: Team) -> Image:
    return Image.objects.create(name="train", team=research)


@pytest.fixture
def client(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def add(image: Image, number: int, *, ray: str = "2.50.0", **columns: object) -> ImageVersion:
    values = {
        "location": f"registry.example.org/ml/{image.name}:v{number}",
        "digest": f"sha256:{number:064d}",
        "platforms": [{"os": "linux", "architecture": "amd64", "variant": "", "size": 2**30}],
        "size_bytes": 2**30,
        **columns,
    }
    return ImageVersion.objects.create(
        image=image, number=number, ray_version=ray, python_version="3.12", **values
    )


def add_built(image: Image, number: int, package: str, **columns: object) -> ImageVersion:
    text = f"FROM rayproject/ray:2.50.0-py312\nRUN pip install torch=={package}\n"
    version = add(image, number, source="dockerfile", dockerfile=text, **columns)
    step = {"digest": f"sha256:{number:064d}", "size": 2**20 * number, "created_by": "RUN pip"}
    ImageContents.objects.create(
        version=version,
        packages=[
            {"kind": "pip", "name": "ray", "version": "2.50.0"},
            {"kind": "pip", "name": "torch", "version": package},
        ],
        layers=[_BASE, step],
    )
    return version


def page(client: Client, image: Image, **asked: object) -> str:
    return client.get(reverse("images:compare", args=[image.pk]), asked).content.decode()


def test_builds_differ_in_lines_packages_and_layers(client: Client, train: Image) -> None:
    add_built(train, 1, "2.8.0")
    both = [{"os": "linux", "architecture": name} for name in ("amd64", "arm64")]
    add_built(train, 2, "2.9.1", cuda_version="12.8", platforms=both)
    shown = page(client, train, old=1, new=2)
    assert shown.count('class="side-changed"') == 1
    assert "torch==2.8.0" in shown
    assert "0 added, 0 removed, 1 changed" in shown
    assert "1 GiB shared" in shown
    assert "linux/amd64, linux/arm64" in shown
    assert "12.8" in shown
    assert "Nothing that is known" not in shown


def test_without_a_choice_the_two_newest_are_compared(client: Client, train: Image) -> None:
    for number in (1, 2, 3):
        add_built(train, number, "2.8.0")
    assert "train:2 → train:3" in page(client, train)


def test_same_image_under_two_numbers_is_said(client: Client, train: Image) -> None:
    add_built(train, 1, "2.8.0", digest="sha256:" + "a" * 64)
    add(train, 2, digest="sha256:" + "a" * 64, source="dockerfile")
    shown = page(client, train, old=1, new=2)
    assert "they have the same digest" in shown
    assert "The contents of train:2 are not known" in shown


def test_registered_versions_say_what_is_not_known(client: Client, train: Image) -> None:
    add(train, 1)
    add(train, 2, ray="2.51.0")
    shown = page(client, train, old=1, new=2)
    assert "2.51.0" in shown
    assert "The contents of train:1 and train:2 are not known" in shown
    assert "train:1 and train:2 were not built by Mobula" in shown


def test_draft_has_lines_but_nothing_inside(client: Client, train: Image) -> None:
    add_built(train, 1, "2.8.0")
    text = "FROM rayproject/ray:2.50.0-py312\nRUN pip install torch==2.8.0\n"
    add(train, 2, state=ImageState.DRAFT, source="dockerfile", dockerfile=text, digest="")
    shown = page(client, train, old=1, new=2)
    assert "train:2 was not built yet" in shown
    assert "No line differs." in shown


@pytest.mark.parametrize("asked", [{"old": "9", "new": "1"}, {"old": "x", "new": "1"}, {"old": 1}])
def test_version_that_is_none_is_named_in_the_form(
    client: Client, train: Image, asked: dict[str, object]
) -> None:
    add(train, 1)
    add(train, 2)
    answer = client.get(reverse("images:compare", args=[train.pk]), asked)
    shown = answer.content.decode()
    assert answer.status_code == 200
    assert 'class="field-errors"' in shown
    assert "Layers</h2>" not in shown
    if asked["old"] == "9":
        assert "train has no version 9. Choose another." in shown


def test_one_version_has_nothing_to_be_compared_with(client: Client, train: Image) -> None:
    assert "Nothing to compare" in page(client, train)
    add(train, 1)
    assert "Nothing to compare" in page(client, train)
    assert "Select two different versions" in page(client, train, old=1, new=1)


def test_list_of_versions_leads_there(client: Client, train: Image, other: Team) -> None:
    add(train, 1)
    add(train, 2)
    shown = client.get(reverse("images:detail", args=[train.pk])).content.decode()
    assert f"{reverse('images:compare', args=[train.pk])}?old=1&amp;new=2" in shown
    assert "Compare versions" in shown
    secret = Image.objects.create(name="secret", team=other)
    assert client.get(reverse("images:compare", args=[secret.pk])).status_code == 404


def test_comparison_asks_as_often_for_many_versions_as_for_few(
    client: Client, train: Image
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            page(client, train, old=1, new=2)
        return len(asked)

    add_built(train, 1, "2.8.0")
    add_built(train, 2, "2.9.0")
    queries()
    few = queries()
    for number in range(3, 30):
        add_built(train, number, "2.9.0")
    assert queries() == few
