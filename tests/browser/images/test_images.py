"""Images in a browser: axe finds nothing, and requirements are checked while they are typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.browser import pages
from tests.browser.test_barriers import barriers_of

if TYPE_CHECKING:
    from accounts.models import Team, User
    from images.models import Image
    from tests.browser.conftest import Visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def train(research: Team, alice: User) -> Image:
    """An image with a version of each kind, a registry, a tag and builds that failed and wait."""
    from django.utils.timezone import now

    from images.models import Build, BuildLog, Image, ImageTag, ImageVersion, Registry

    type(alice).objects.filter(pk=alice.pk).update(is_superuser=True)
    registry = Registry.objects.create(
        name="ours", team=research, kind="oci", host="registry.example.org", prefix="ml"
    )
    image = Image.objects.create(name="train", team=research, description="For training.")
    common = {"image": image, "author": alice, "ray_version": "2.60.0", "python_version": "3.13"}
    ready = ImageVersion.objects.create(
        **common, number=1, location="registry.example.org/ml/train:v1", registry=registry,
        digest="sha256:" + "a" * 64, size_bytes=2_500_000_000, labels={"maintainer": "Alice"},
        platforms=[
            {"os": "linux", "architecture": "amd64", "variant": "", "digest": "sha256:" + "b" * 64,
             "size": 2_500_000_000}
        ],
    )  # fmt: skip
    ImageTag.objects.create(image=image, name="stable", version=ready, moved_by=alice)
    ImageVersion.objects.create(
        **common, number=2, location="registry.example.org/ml/train:v2", state="deprecated",
        state_reason="It has CVE-2026-1.", successor=ready, registry=registry,
    )  # fmt: skip
    failed = ImageVersion.objects.create(
        **common, number=3, source="dockerfile", state="failed", registry=registry,
        dockerfile="FROM rayproject/ray:2.50.0\nRUN false\n",
        location="registry.example.org/ml/train:v3",
    )  # fmt: skip
    log = (
        b"STEP 1/2: FROM rayproject/ray:2.50.0\nSTEP 2/2: RUN false\n\x1b[31mexit status 1\x1b[0m\n"
    )
    build = Build.objects.create(
        version=failed, attempt=1, asked_by=alice, state="failed", builder="buildah",
        reason="RUN false: exit status 1", started_at=now(), ended_at=now(), log_bytes=len(log),
        steps=[{"text": "RUN false", "started_at": now().timestamp(), "seconds": 2.5}],
        steps_total=2,
    )  # fmt: skip
    BuildLog.objects.create(build=build, offset=0, content=log)
    ImageVersion.objects.create(
        **common, number=4, source="virtual environment", state="draft",
        requirements="ray[default]==2.60.0\ntorch\n",
    )  # fmt: skip
    return image


def test_axe_finds_nothing_on_the_pages_of_images(
    visit: Callable[..., Visit], alice: User, train: Image
) -> None:
    alices, known = visit(alice), set[str]()
    addresses = dict(pages.image_pages(train))
    wrong = {path: barriers_of(alices, path, known=known) for path in addresses.values()}
    assert not any(wrong.values()), "\n".join(f"{p}: {b}" for p, bs in wrong.items() for b in bs)
    assert "discard-draft" in known


def test_what_is_wrong_with_requirements_is_told_while_they_are_typed(
    visit: Callable[..., Visit], alice: User
) -> None:
    page = visit(alice).open("/images/new-environment/")
    problems = page.locator("#dockerfile-problems")
    problems.get_by_text("No problems found.").wait_for()
    page.get_by_label("Requirements").fill("ray[default]==2.60.0\ntorch\n")
    problems.get_by_text("torch has no version").wait_for()
    page.get_by_label("Requirements").fill("torch==2.9.0\n")
    problems.get_by_text("Ray is not among the requirements.").wait_for()
    page.get_by_label("Name").fill("train")
    page.get_by_role("button", name="Save draft").click()
    page.get_by_text("Not saved: 1 problem.").wait_for()
    assert page.get_by_label("Requirements").input_value() == "torch==2.9.0\n"
    page.get_by_label("Requirements").fill("ray[default]==2.60.0\n")
    page.get_by_role("button", name="Save draft").click()
    page.get_by_role("heading", name="train:1").wait_for()
    page.get_by_role("button", name="Build", exact=True).wait_for()
