"""Versions of images: what a name means, what can be launched, and what never changes again."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from accounts.models import AuditEntry, Team, User
from domain.images.states import ImageState
from domain.lifecycle import MoveNotAllowed
from images import queries
from images.models import Image, ImageTag, ImageVersion
from images.transitions import ImageMoved, move_version

pytestmark = pytest.mark.django_db
_DIGEST = "sha256:" + "a" * 64


@pytest.fixture
def train(research: Team) -> Image:
    return Image.objects.create(name="train", team=research)


def add(image: Image, number: int, state: ImageState = ImageState.READY) -> ImageVersion:
    return ImageVersion.objects.create(
        image=image,
        number=number,
        state=state,
        ray_version="2.50.0",
        python_version="3.12",
        location=f"registry.example.org/ml/{image.name}:v{number}",
        digest=_DIGEST,
    )


def named(reference: str, team: Team) -> str:
    return str(queries.find_version(reference, team=team))


def test_a_name_means_its_newest_version_that_can_be_launched(train: Image, research: Team) -> None:
    add(train, 1)
    add(train, 2, ImageState.DEPRECATED)
    add(train, 3, ImageState.BUILDING)
    assert named("train", research) == "train:1"
    assert [str(one) for one in queries.latest_versions(research) if one.image == train] == [
        "train:1"
    ]
    assert named("train:3", research) == "train:3"
    assert named("train:9", research) == "None"


def test_where_all_are_deprecated_the_newest_of_them_is_meant(train: Image, research: Team) -> None:
    for number in (1, 2):
        add(train, number, ImageState.DEPRECATED)
    assert named("train", research) == "train:2"


def test_a_tag_means_the_version_that_has_it(train: Image, research: Team, alice: User) -> None:
    first, second = add(train, 1), add(train, 2)
    tag = ImageTag.objects.create(image=train, name="stable", version=first, moved_by=alice)
    assert named("train:stable", research) == "train:1"
    tag.version = second
    tag.save()
    assert named("train:stable", research) == "train:2"
    assert named("train:candidate", research) == "None"


def test_teams_may_have_the_same_name_and_see_only_their_own(
    train: Image, research: Team, other: Team
) -> None:
    add(train, 1)
    add(Image.objects.create(name="train", team=other), 5)
    assert named("train", research) == "train:1"
    assert named("train", other) == "train:5"
    assert named("train:5", research) == "None"


def test_a_name_is_there_once_in_a_team_and_once_for_all(research: Team, train: Image) -> None:
    Image.objects.create(name="base")
    for team, name in ((research, "train"), (None, "base")):
        with pytest.raises(IntegrityError), transaction.atomic():
            Image.objects.create(name=name, team=team)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (ImageState.READY, ""),
        (ImageState.DEPRECATED, ""),
        (ImageState.DRAFT, "train:1 is a draft. Build it first."),
        (ImageState.BUILDING, "train:1 is still being built. Wait until the build is done."),
        (
            ImageState.FAILED,
            "The build of train:1 failed. Build it again, or use another version.",
        ),
        (ImageState.WITHDRAWN, "train:1 was withdrawn. Use another version."),
    ],
)
def test_why_a_version_cannot_be_launched(train: Image, state: ImageState, said: str) -> None:
    assert queries.why_not_launchable(add(train, 1, state)) == said


def test_who_withdraws_or_deprecates_says_why_and_what_to_use(train: Image, alice: User) -> None:
    version, better = add(train, 1), add(train, 2)
    move_version(
        version, ImageState.DEPRECATED, reason="It has CVE-2026-1.", by=alice, successor=better
    )
    assert queries.deprecation_of(version) == (
        "train:1 is deprecated: It has CVE-2026-1. Use train:2."
    )
    entry = AuditEntry.objects.get(action="image_version.deprecated")
    assert (entry.actor, entry.reason, entry.after) == (
        alice,
        "It has CVE-2026-1.",
        {"state": "deprecated"},
    )
    move_version(version, ImageState.WITHDRAWN, reason="It mines coins.", by=alice)
    assert "was withdrawn: It mines coins. Use train:2." in queries.why_not_launchable(version)


def test_two_who_move_the_same_version_do_not_both_win(train: Image, alice: User) -> None:
    add(train, 1)
    mine, theirs = (ImageVersion.objects.get(image=train) for _ in range(2))
    move_version(mine, ImageState.WITHDRAWN, by=alice)
    with pytest.raises(ImageMoved, match="train:1 is no longer ready"):
        move_version(theirs, ImageState.DEPRECATED, by=alice)
    with pytest.raises(MoveNotAllowed):
        move_version(mine, ImageState.BUILDING)


@pytest.mark.parametrize(
    "changed",
    [
        {"location": "registry.example.org/evil"},
        {"digest": "sha256:" + "b" * 64},
        {"dockerfile": "FROM scratch"},
        {"number": 7},
        {"ray_version": "2.9.0"},
        {"state": "draft"},
    ],
)
@pytest.mark.parametrize("state", [ImageState.READY, ImageState.DEPRECATED, ImageState.WITHDRAWN])
def test_what_was_built_never_changes(
    train: Image, state: ImageState, changed: dict[str, object]
) -> None:
    version = add(train, 1, state)
    with pytest.raises(IntegrityError, match="is immutable"), transaction.atomic():
        ImageVersion.objects.filter(pk=version.pk).update(**changed)
    with pytest.raises(IntegrityError, match="is immutable"), transaction.atomic():
        version.delete()


def test_a_draft_changes_and_goes_but_keeps_its_number(train: Image) -> None:
    version = add(train, 1, ImageState.DRAFT)
    ImageVersion.objects.filter(pk=version.pk).update(dockerfile="FROM rayproject/ray:2.50.0")
    with pytest.raises(IntegrityError, match="is immutable"), transaction.atomic():
        ImageVersion.objects.filter(pk=version.pk).update(number=2)
    version.delete()


def test_nodes_pull_by_digest_and_a_moved_tag_is_seen(train: Image) -> None:
    version = add(train, 1)
    assert version.pulled_as == f"registry.example.org/ml/train@{_DIGEST}"
    assert not version.has_moved_tag
    ImageVersion.objects.filter(pk=version.pk).update(tag_digest="sha256:" + "b" * 64)
    version.refresh_from_db()
    assert version.has_moved_tag


@pytest.mark.parametrize(
    ("location", "pulled"),
    [
        ("ray", "ray@"),
        ("rayproject/ray:2.9.0-py310", "rayproject/ray@"),
        ("127.0.0.1:5000/ray", "127.0.0.1:5000/ray@"),
        ("127.0.0.1:5000/ray:1", "127.0.0.1:5000/ray@"),
        (f"example.org/ray@{_DIGEST}", "example.org/ray@"),
    ],
)
def test_a_port_is_not_a_tag(location: str, pulled: str) -> None:
    assert ImageVersion(location=location, digest=_DIGEST).pulled_as == pulled + _DIGEST


def test_what_is_on_this_host_is_no_digest_away() -> None:
    assert ImageVersion(location="/opt/ray/bin/ray", digest=_DIGEST).pulled_as == "/opt/ray/bin/ray"
