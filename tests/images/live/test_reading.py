"""Logs are read from a byte on: how long they are does not matter."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Team, User
from domain.images.states import BuildState
from images.building.live.reading import lines_from
from images.building.log import LogWriter
from images.building.log_view import log_view
from images.models import Build, BuildLog, Image, ImageVersion

pytestmark = pytest.mark.django_db
GIB = 2**30
BASE = "rayproject/ray:2.50.0-py312"


@pytest.fixture
def build(research: Team, alice: User) -> Build:
    image = Image.objects.create(name="train", team=research)
    version = ImageVersion.objects.create(
        image=image, number=1, source="dockerfile", state="building", dockerfile="FROM a:1\n"
    )
    return Build.objects.create(version=version, attempt=1, asked_by=alice, state="running")


def test_the_end_of_a_gibibyte_is_read_without_the_rest(build: Build) -> None:
    """Pieces before the end are poisoned: a line of them would be seen."""
    piece = b"x" * 65_535 + b"\n"
    BuildLog.objects.bulk_create(
        BuildLog(build=build, offset=GIB + at * len(piece), lines_before=900 + at, content=piece)
        for at in range(40)
    )
    Build.objects.filter(pk=build.pk).update(log_bytes=GIB + 40 * len(piece), log_lines=940)
    build.refresh_from_db()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        view = log_view(build)
    assert [line.number for line in view.lines] == list(range(926, 941))
    assert (view.total, view.end) == (940, build.log_bytes)
    assert len(queries) < 20
    with CaptureQueriesContext(connection) as queries:
        lines, end = lines_from(build.pk, build.log_bytes - len(piece))
    assert [number for number, _ in lines] == [940]
    assert end == build.log_bytes
    assert len(queries) == 2


def test_lines_are_whole_and_numbered_from_any_byte_on(build: Build) -> None:
    log = LogWriter(build)
    text = "".join(f"line {number} {'é' * (number % 300)}\n" for number in range(1, 3_000))
    log.write(text.encode())
    log.flush()
    offset, seen = 0, []
    while offset < build.log_bytes:
        lines, end = lines_from(build.pk, offset)
        assert end > offset
        offset = end
        seen += lines
    assert [number for number, _ in seen] == list(range(1, 3_000))
    assert "".join(f"{line}\n" for _, line in seen) == text
    shown = log_view(build).lines
    assert [line.number for line in shown] == list(range(1_000, 3_000))
    assert shown[-1].parts[0].text == f"line 2999 {'é' * 299}"
    found = log_view(build, words="LINE 29")
    assert (found.matching, found.total) == (111, 2_999)


def test_a_gap_is_told_with_the_numbers_after_it(build: Build, settings: Any) -> None:
    settings.BUILD_LOG_BYTES = 256 * 1024
    log = LogWriter(build)
    for number in range(1, 20_001):
        log.write(f"line {number:06} {'x' * 40}\n".encode())
    log.flush()
    lines, offset = [], 0
    while offset < build.log_bytes:
        more, offset = lines_from(build.pk, offset)
        lines += more
    told = [line for _, line in lines if "were not kept" in line]
    assert len(told) == 1
    right = [(n, line) for n, line in lines if line.startswith("line ") and len(line) == 52]
    assert all(int(line.split()[1]) == number for number, line in right)
    assert right[-1][0] == 20_000


def test_a_fix_is_one_request_in_a_browser_and_a_form_without_javascript(
    client: Client, alice: User
) -> None:
    client.force_login(alice)
    text = f"FROM {BASE}\r\nENTRYPOINT a\r\nUSER root\r\n"
    check = reverse("images:check-dockerfile")
    asked = client.post(check, {"dockerfile": text}).content.decode()
    assert 'value="entrypoint:2"' in asked
    assert "dockerfile-fixed" not in asked
    marks = asked.split('id="dockerfile-marks" type="application/json">')[1].split("<")[0]
    assert [one["line"] for one in json.loads(marks)] == [2, 2, 3]
    mended = client.post(check, {"dockerfile": text, "fix": "entrypoint:2"}).content.decode()
    fixed = mended.split('id="dockerfile-fixed" type="application/json">')[1].split("<")[0]
    assert json.loads(fixed) == f"FROM {BASE}\n\nUSER root\n"
    assert 'value="entrypoint:2"' not in mended
    gone = client.post(check, {"dockerfile": text, "fix": "entrypoint:9"}).content.decode()
    assert "nothing was changed" in gone
    page = client.post(reverse("images:new-image"), {"dockerfile": text, "fix": "user:3"})
    assert page.status_code == 200
    assert page.context["form"]["dockerfile"].value() == (
        f"FROM {BASE}\nENTRYPOINT a\nUSER root\nUSER ray\n"
    )


def test_a_queued_build_says_that_no_worker_takes_it(
    client: Client, alice: User, build: Build
) -> None:
    client.force_login(alice)
    page = reverse("images:build", args=[build.pk])
    Build.objects.filter(pk=build.pk).update(state=BuildState.QUEUED)
    assert "No build worker" not in client.get(page).content.decode()
    build.refresh_from_db()
    Build.objects.filter(pk=build.pk).update(asked_at=build.asked_at.replace(year=2025))
    shown = client.get(page).content.decode()
    assert "No build worker" in shown
    assert "celery -A mobula worker --queues builds" in shown
    other = ImageVersion.objects.create(
        image=build.version.image, number=2, source="dockerfile", state="building"
    )
    Build.objects.create(version=other, attempt=1, asked_by=alice, state="running")
    shown = client.get(page).content.decode()
    assert "No build worker" not in shown
    assert "other builds" in shown
