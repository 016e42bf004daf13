"""A version of a template remembers what its images meant: tags move, and pages say so."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.test import Client
from django.urls import reverse

from accounts.errors import Invalid
from accounts.models import Team, User
from configurations.launch_checks import launchable
from configurations.models import NamedImage, Version
from configurations.named_images import meanings_of
from configurations.services.templates import create_template, save_version
from images.models import Image, ImageVersion
from images.services.states import withdraw_version
from images.services.tags import remove_tag, set_tag
from tests.cast import make_cloud

pytestmark = pytest.mark.django_db
AMD = [{"os": "linux", "architecture": "amd64", "variant": "", "size": 1}]


@pytest.fixture
def train(research: Team, alice: User) -> Image:
    """An image with versions 1 and 2, of which 1 is stable."""
    make_cloud("aws", provider="aws", region="us-east-1")
    image = Image.objects.create(name="train", team=research)
    first, _ = (add(image, number) for number in (1, 2))
    set_tag(first, name="stable", by=alice)
    return image


def add(image: Image, number: int) -> ImageVersion:
    return ImageVersion.objects.create(
        image=image,
        number=number,
        ray_version="2.50.0",
        python_version="3.12",
        location=f"registry.example.org/ml/{image.name}:v{number}",
        digest=f"sha256:{number:064d}",
        platforms=AMD,
    )


def text(image: str, *more: str, machine: str = "m5.large") -> str:
    lines = [
        "cloud: aws",
        f"head_node: {{instance_type: {machine}}}",
        "worker_nodes:",
        f"  - {{name: cpu, instance_type: {machine}}}",
        "mobula:",
        f"  image: {image}",
        *more,
    ]
    return "\n".join(lines) + "\n"


def saved(team: Team, by: User, config: str, name: str = "job") -> Version:
    return create_template(team=team, name=name, text=config, message="First.", by=by)


def words(version: Version) -> list[str]:
    return [one.words for one in meanings_of(version)]


def test_tag_that_moves_is_told_by_number(train: Image, research: Team, alice: User) -> None:
    version = saved(research, alice, text("train:stable"))
    row = NamedImage.objects.get(version=version)
    assert (row.image, str(row.image_version)) == (train, "train:1")
    assert row.digest == f"sha256:{1:064d}"
    assert words(version) == ["train:stable: version 1, as when saved."]
    set_tag(train.versions.get(number=2), name="stable", by=alice)
    assert words(version) == ["train:stable: version 1 when saved, 2 now."]
    remove_tag(train.tags.get(), by=alice)
    assert words(version) == [
        "train:stable: version 1 when saved, no version now. Launches are refused."
    ]


def test_number_is_pinned(train: Image, research: Team, alice: User) -> None:
    pinned = saved(research, alice, text("train:1"))
    add(train, 3)
    assert words(pinned) == ["train:1: pinned to this version."]
    withdraw_version(train.versions.get(number=1), reason="Bad.", by=alice)
    assert not meanings_of(pinned)[0].has_changed


def test_environment_with_an_image_of_its_own(train: Image, research: Team, alice: User) -> None:
    lines = (
        "  environments:",
        "    prod: {mobula: {image: 'train:stable'}}",
        "    test: {mobula: {idle_minutes: 5}}",
    )
    version = saved(research, alice, text("train:2", *lines))
    found = {row.environment: row.reference for row in version.named_images.all()}
    assert found == {"": "train:2", "prod": "train:stable"}
    assert "train:stable in prod: version 1, as when saved." in words(version)


def test_each_version_has_its_own_and_none_where_none_is_named(
    train: Image, research: Team, alice: User
) -> None:
    version = saved(research, alice, text("train:stable"))
    plain = "cloud: aws\nhead_node: {instance_type: m5.large}\n"
    second = save_version(
        version.template, text=plain, base=1, message="Default image.", by=alice
    ).version
    assert meanings_of(second) == []
    assert NamedImage.objects.count() == 1


def test_pages_of_template_version_and_editor_say_what_changed(
    train: Image, research: Team, alice: User
) -> None:
    version = saved(research, alice, text("train:stable"))
    set_tag(train.versions.get(number=2), name="stable", by=alice)
    client = Client()
    client.force_login(alice)
    own = [version.template_id]
    compare = reverse("images:compare", args=[train.pk])
    for address in (
        reverse("configurations:template", args=own),
        reverse("configurations:version", args=[*own, 1]),
        reverse("configurations:edit-template", args=own),
    ):
        shown = client.get(address).content.decode()
        assert "train:stable: version 1 when saved, 2 now." in shown, address
        assert f"{compare}?old=1&amp;new=2" in shown, address


def test_editor_offers_tags_with_what_they_mean(train: Image, research: Team, alice: User) -> None:
    version = saved(research, alice, text("train:stable"))
    client = Client()
    client.force_login(alice)
    page = reverse("configurations:edit-template", args=[version.template_id])
    shown = client.get(page).content.decode()
    assert '<option value="train:stable" selected>train:stable · currently train:1' in shown
    assert "train:stable (not available)" not in shown


def test_launch_is_refused_where_the_image_has_not_the_platform(
    train: Image, research: Team, alice: User
) -> None:
    version = saved(research, alice, text("train:1", machine="m7g.large"))
    with pytest.raises(Invalid) as refusal:
        launchable(version)
    said = " ".join(refusal.value.messages)
    assert "Group cpu runs on m7g.large, which needs linux/arm64; train:1 has only" in said
    assert "The head node runs on m7g.large" in said
    assert "an image version built for linux/arm64" in said
    launchable(saved(research, alice, text("train:1"), name="other"))


def test_editor_warns_of_the_platform_before_the_launch(
    train: Image, research: Team, alice: User
) -> None:
    client = Client()
    client.force_login(alice)
    version = saved(research, alice, text("train:1", machine="m7g.large"))
    page = reverse("configurations:edit-template", args=[version.template_id])
    shown = client.get(page).content.decode()
    assert "Group cpu runs on m7g.large, which needs linux/arm64" in shown
    wanted = f"{reverse('images:new-image')}?pick-machines=arm64"
    assert wanted in shown
    assert "No base image in the list is for arm64." in client.get(wanted).content.decode()


def test_the_upgrade_notes_the_images_of_versions_that_were_there(
    train: Image, research: Team, other: Team, alice: User
) -> None:
    """A team's own image goes before one of all teams; another team's image is nobody's."""
    common = Image.objects.create(name="common")
    Image.objects.create(name="train")
    Image.objects.create(name="theirs", team=other)
    template = saved(research, alice, text("train:stable")).template
    texts = ["common", "theirs:1", "gone:2"]
    texts = [f"cloud: aws\nmobula:\n  image: {name}\n" for name in texts]
    texts += ["cloud: aws # image\n", "mobula: image\n", "mobula: {image: [train]}\n", "image: ["]
    Version.objects.bulk_create(
        Version(
            template=template, number=number, text=one, digest="0" * 64, message="", author=alice
        )
        for number, one in enumerate(texts, 2)
    )
    NamedImage.objects.all().delete()
    state = MigrationLoader(connection).project_state([("configurations", "0004_named_images")])
    migration = import_module("configurations.migrations.0004_named_images")
    migration.note_existing(state.apps, None)
    rows = NamedImage.objects.order_by("version__number")
    assert [(one.version.number, one.reference, one.image) for one in rows] == [
        (1, "train:stable", train),
        (2, "common", common),
    ]
    # What they meant when they were saved, nobody knows any more.
    assert {(one.image_version, one.digest) for one in rows} == {(None, "")}
