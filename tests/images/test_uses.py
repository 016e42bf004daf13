"""What uses an image is named on its pages and before it is withdrawn, in few queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import now

from accounts.models import Team, User
from clusters.models import Cluster
from configurations.models import Version
from configurations.services.templates import archive_template, create_template, save_version
from images.listing import WantedImages, listed_images
from images.models import Image, ImageVersion
from images.services.tags import set_tag
from images.uses import Uses, uses_of
from promotions.models import ChangeRequest, Environment, Release
from tests.cast import make_member
from tests.clusters.conftest import cluster, driver, image, launch, queued, version

__all__ = ["cluster", "driver", "image", "launch", "queued", "version"]
pytestmark = pytest.mark.django_db
_TEXT = "cloud: paper\nhead_node: {instance_type: small}\nmobula:\n  image: "


@pytest.fixture
def train(research: Team, alice: User, version: Version) -> Image:
    """An image with versions 1 and 2; 1 is stable. There is a cloud."""
    image = Image.objects.create(name="train", team=research)
    first, _ = (add(image, number) for number in (1, 2))
    set_tag(first, name="stable", by=alice)
    return image


def add(image: Image, number: int) -> ImageVersion:
    return ImageVersion.objects.create(
        image=image,
        number=number,
        ray_version="2.60.0",
        python_version="3.12",
        location=f"/opt/{image.name}/{number}/ray",
    )


def template(name: str, reference: str, team: Team, by: User) -> Version:
    return create_template(
        team=team, name=name, text=f"{_TEXT}{reference}\n", message="First.", by=by
    )


def release(version: Version, name: str, *, by: User, position: int = 0) -> Release:
    """Release a version in an environment of its team, as if all had agreed."""
    team = version.template.team
    environment, _ = Environment.objects.get_or_create(
        team=team, name=name, defaults={"position": position}
    )
    common = {"team": team, "template": version.template, "version": version}
    request = ChangeRequest.objects.create(
        **common,
        environment=environment,
        author=by,
        title="Release.",
        expires_at=now() + timedelta(days=1),
    )
    return Release.objects.create(**common, environment=environment, number=1, request=request)


def templates(uses: Uses) -> list[tuple[str, str, int, int]]:
    return [(one.name, one.reference, one.versions, one.newest) for one in uses.templates]


def test_templates_are_told_by_what_they_name(train: Image, research: Team, alice: User) -> None:
    pinned = template("pinned", "train:2", research, alice)
    save_version(
        pinned.template, text=f"# Again\n{pinned.text}", base=1, message="Again.", by=alice
    )
    template("follows", "train:stable", research, alice)
    gone = template("gone", "train:1", research, alice)
    archive_template(gone.template, by=alice)
    first, second = train.versions.order_by("number")
    both = [("follows", "train:stable", 1, 1), ("pinned", "train:2", 2, 2)]
    assert templates(uses_of(train, user=alice)) == both
    assert templates(uses_of(train, user=alice, version=first)) == both[:1]
    assert templates(uses_of(train, user=alice, version=second)) == both[1:]
    set_tag(second, name="stable", by=alice)
    assert templates(uses_of(train, user=alice, version=second)) == both


def test_releases_count_in_the_environments_that_have_them_now(
    train: Image, research: Team, alice: User
) -> None:
    own = template("own", "train:2", research, alice)
    lines = "  environments:\n    prod: {mobula: {image: 'train:stable'}}\n"
    mixed = create_template(
        team=research,
        name="mixed",
        text=f"{_TEXT}train:2\n{lines}",
        message="Stable in prod.",
        by=alice,
    )
    release(own, "dev", by=alice)
    Release.objects.update(replaced_at=now())
    release(own, "test", by=alice, position=1)
    release(mixed, "prod", by=alice, position=2)
    first, second = train.versions.order_by("number")
    found = uses_of(train, user=alice, version=first).releases
    assert [(one.environment, one.template, one.number) for one in found] == [("prod", "mixed", 1)]
    found = uses_of(train, user=alice, version=second).releases
    assert [(one.environment, one.template) for one in found] == [("test", "own")]
    release(mixed, "test", by=alice)
    found = uses_of(train, user=alice).releases
    assert [(one.environment, one.template, one.reference) for one in found] == [
        ("test", "mixed", "train:2"),
        ("test", "own", "train:2"),
        ("prod", "mixed", "train:stable"),
    ]


def test_cluster_is_named_also_where_another_was_terminated(
    launch: Callable[..., Cluster], image: ImageVersion, alice: User
) -> None:
    launch("one")
    Cluster.objects.filter(pk=launch("two").pk).update(state="terminated")
    [use] = uses_of(image.image, user=alice, version=image).clusters
    assert (use.name, use.image) == ("one", "ray:1")
    [row] = [one for one in listed_images(alice, WantedImages(text="ray")) if str(one) == "ray"]
    assert row.clusters == 1


def test_what_other_teams_use_is_not_told(
    image: ImageVersion, version: Version, launch: Callable[..., Cluster], research: Team,
    alice: User, other: Team,
) -> None:  # fmt: skip
    release(template("job", "ray:1", research, alice), "dev", by=alice)
    launch()
    eve = make_member("eve", team=other, role="engineer")
    assert uses_of(image.image, user=alice)
    assert not uses_of(image.image, user=eve)


def test_pages_and_dialogs_name_what_is_affected(train: Image, research: Team, alice: User) -> None:
    release(template("follows", "train:stable", research, alice), "prod", by=alice)
    client = Client()
    client.force_login(alice)
    first, second = train.versions.order_by("number")
    for address in (
        reverse("images:detail", args=[train.pk]),
        *(
            reverse(f"images:{name}", args=[first.pk])
            for name in ("version", "withdraw", "deprecate")
        ),
    ):
        shown = client.get(address).content.decode()
        assert "follows:1</a>" in shown, address
        assert "names train:stable" in shown, address
    unused = client.get(reverse("images:withdraw", args=[second.pk])).content.decode()
    assert "No template, release or cluster of your teams uses train:2." in unused


def test_uses_are_asked_for_in_few_queries(train: Image, research: Team, alice: User) -> None:
    first = train.versions.get(number=1)

    def queries(wanted: ImageVersion | None) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert uses_of(train, user=alice, version=wanted)
        return len(asked)

    release(template("one", "train:stable", research, alice), "dev", by=alice)
    assert (queries(None), queries(first)) == (4, 5)  # and the tags of the version
    for number in range(10):
        release(template(f"more-{number}", "train:stable", research, alice), "dev", by=alice)
    assert (queries(None), queries(first)) == (4, 5)
