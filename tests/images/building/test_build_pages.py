"""The pages of drafts and builds: what is typed is checked, what is built can be watched."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, Team, User
from domain.images.states import BuildState, ImageState
from images.building.log import LogWriter, read_from, whole
from images.models import Build, BuildLog, ImageVersion, Registry

pytestmark = pytest.mark.django_db
BASE = "rayproject/ray:2.50.0-py312"


@pytest.fixture
def registry(research: Team) -> Registry:
    return Registry.objects.create(name="ours", team=research, kind="oci", host="reg.example.org")


@pytest.fixture
def browser(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def draft(browser: Client, registry: Registry) -> ImageVersion:
    values = {"name": "train", "registry": registry.pk, "dockerfile": f"FROM {BASE}\r\nRUN a\r\n"}
    answer = browser.post(reverse("images:new-image"), values)
    version = ImageVersion.objects.get(image__name="train")
    assert answer["Location"] == reverse("images:edit-draft", args=[version.pk])
    return version


@pytest.fixture
def build(draft: ImageVersion, browser: Client) -> Build:
    browser.post(reverse("images:start-build", args=[draft.pk]))
    return Build.objects.get(version=draft)


def test_a_new_image_is_a_draft_with_its_place_in_the_registry(draft: ImageVersion) -> None:
    assert (draft.state, draft.number) == (ImageState.DRAFT, 1)
    assert draft.dockerfile == f"FROM {BASE}\nRUN a\n"
    assert draft.location == "reg.example.org/research/train:v1"
    assert AuditEntry.objects.filter(action="image_version.draft").exists()


def test_a_few_fields_write_the_dockerfile(browser: Client, registry: Registry) -> None:
    values = {"write": "1", "base": BASE, "pip": "torch==2.5.1\n", "name": "train"}
    page = browser.post(reverse("images:new-image"), values)
    assert page.status_code == 200
    assert page.context["form"]["dockerfile"].value() == (
        f"FROM {BASE}\nRUN pip install --no-cache-dir 'torch==2.5.1'\n"
    )
    wrong = browser.post(reverse("images:new-image"), {**values, "apt": "git; reboot"})
    assert b"is no Debian package" in wrong.content
    assert ImageVersion.objects.filter(image__name="train").count() == 0


def test_problems_are_told_while_the_file_is_typed(browser: Client) -> None:
    text = f"FROM {BASE}\nENTRYPOINT <b>\n"
    answer = browser.post(reverse("images:check-dockerfile"), {"dockerfile": text})
    assert b"line 2" in answer.content
    assert b"ENTRYPOINT runs in place" in answer.content
    answer = browser.post(reverse("images:check-dockerfile"), {"dockerfile": "<script>x"})
    assert b"<script>x" not in answer.content


def test_a_registry_of_others_is_refused(browser: Client, registry: Registry, other: Team) -> None:
    foreign = Registry.objects.create(name="x", team=other, kind="oci", host="x.example.org")
    values = {"name": "train", "registry": foreign.pk, "dockerfile": f"FROM {BASE}\n"}
    assert browser.post(reverse("images:new-image"), values).status_code == 422
    assert not ImageVersion.objects.filter(image__name="train").exists()


def test_errors_stop_a_build_and_warnings_do_not(
    browser: Client, draft: ImageVersion, registry: Registry
) -> None:
    edit = reverse("images:edit-draft", args=[draft.pk])
    start = reverse("images:start-build", args=[draft.pk])
    for text, builds in ((f"FROM {BASE}\nENTRYPOINT a\n", 0), ("FROM rayproject/ray\n", 1)):
        saved = browser.post(edit, {"registry": registry.pk, "dockerfile": text})
        assert saved.status_code == 302
        browser.post(start)
        assert draft.builds.count() == builds
    draft.refresh_from_db()
    assert draft.state == ImageState.BUILDING
    values = {"registry": registry.pk, "dockerfile": f"FROM {BASE}\n"}
    assert browser.post(edit, values).status_code == 422  # it is being built


def test_a_build_is_watched_searched_downloaded_and_canceled(browser: Client, build: Build) -> None:
    log = LogWriter(build)
    log.write(b"STEP 1/2: FROM a\n\x1b[31m<script>alert(1)</script>\nSTEP 2/2: RUN b\nhal")
    log.flush()
    page = reverse("images:build", args=[build.pk])
    shown = browser.get(page).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "<script>alert" not in shown
    assert "2 of 2" in shown
    assert browser.get(page, {"q": "step"}).context["log"].matching == 2
    live = browser.get(page, {"part": "live"})
    assert live.status_code == 200
    again = browser.get(page, {"part": "live", "mark": live.context["mark"]})
    assert again.status_code == 204
    text = browser.get(reverse("images:build-log", args=[build.pk]))
    assert text.content.decode().endswith("STEP 2/2: RUN b\n")
    browser.post(reverse("images:cancel-build", args=[build.pk]))
    build.refresh_from_db()
    assert (build.state, build.reason) == (BuildState.CANCELED, "Alice canceled it.")
    assert browser.get(page, {"part": "live"}).status_code == 286
    browser.post(reverse("images:retry-build", args=[build.pk]))
    assert build.version.builds.count() == 2


def test_viewers_see_builds_and_strangers_do_not(
    client: Client, build: Build, bob: User, charlie: User
) -> None:
    page = reverse("images:build", args=[build.pk])
    cancel = reverse("images:cancel-build", args=[build.pk])
    client.force_login(bob)
    assert client.get(page).status_code == 200
    assert client.post(cancel).status_code == 403
    client.force_login(charlie)
    assert client.get(page).status_code == 404
    assert client.post(cancel).status_code == 404


def test_a_draft_is_discarded_with_its_builds(browser: Client, build: Build) -> None:
    discard = reverse("images:discard-draft", args=[build.version_id])
    browser.post(discard)
    assert Build.objects.filter(pk=build.pk).exists()  # it is being built
    browser.post(reverse("images:cancel-build", args=[build.pk]))
    browser.post(discard)
    assert not ImageVersion.objects.filter(pk=build.version_id).exists()


def test_of_a_long_log_head_and_tail_are_kept(build: Build, settings: Any) -> None:
    settings.BUILD_LOG_BYTES = 512 * 1024
    log = LogWriter(build)
    for number in range(40_000):
        log.write(f"line {number:06} {'é' * 20}\n".encode())
    log.flush(to_the_end=True)
    kept = sum(len(row.content) for row in BuildLog.objects.filter(build=build))
    assert kept <= 512 * 1024 + 64 * 1024
    assert all(len(row.content) <= 64 * 1024 for row in BuildLog.objects.filter(build=build))
    text = "".join(whole(build.pk))
    assert text.startswith("line 000000")
    assert text.endswith(f"line 039999 {'é' * 20}\n")
    assert "bytes of the log were not kept]" in text
    build.refresh_from_db()
    assert read_from(build.pk, build.log_bytes - 10).end == build.log_bytes
