"""Builds with a real builder and a real registry: what is ready is what the registry has."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from accounts.errors import WrongState
from accounts.models import User
from domain.images.states import BuildState, ImageState
from images.building.log import whole
from images.building.run import run_build
from images.models import Build, ImageVersion
from images.services.builds import build_version, cancel_build, retry_build
from images.services.contents import DraftContent
from images.services.drafts import save_draft
from providers.builders.storage import Storage
from tests.images.building.conftest import Queue
from tests.images.building.registry import LocalRegistry, running_registry

pytestmark = pytest.mark.django_db(transaction=True)


def log_of(build: Build) -> str:
    return "".join(whole(build.pk))


def ended(build: Build) -> Build:
    run_build(build.pk)
    build.refresh_from_db()
    build.version.refresh_from_db()
    return build


def leftovers(home: Path) -> list[str]:
    """What no build may leave: its folder, its containers, its processes."""
    found = [str(path) for path in (home / "running").glob("*")]
    for cache in (home / "layers").glob("*/*"):
        _, containers = Storage(cache).quick("containers", "--quiet", "--all")
        found += containers.split()
        found += [str(path) for path in cache.glob("probe")]
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_text()
        except OSError:
            continue
        if str(home) in command:
            found.append(command)
    return found


def test_a_build_gives_a_version_at_the_digest_that_the_registry_has(
    queued: Queue, local_registry: LocalRegistry, home: Path
) -> None:
    build = ended(queued("ENV A=1", "RUN echo hello", name="first"))
    assert build.state == BuildState.SUCCEEDED, build.reason + log_of(build)
    version = build.version
    assert version.state == ImageState.READY
    assert version.digest == build.digest
    assert version.digest.startswith("sha256:")
    assert version.location == f"{local_registry.host}/ml/research/first:v1"
    assert version.pulled_as == f"{local_registry.host}/ml/research/first@{version.digest}"
    assert (version.ray_version, version.python_version) == ("2.50.0", "3.12")
    assert version.size_bytes > 100_000
    assert [one["name"] for one in version.contents.packages] == ["bash", "ray"]
    assert len(version.contents.layers) >= 2
    assert "hello" in log_of(build)
    assert build.steps_total == 3
    assert [step["text"].split()[0] for step in build.steps[:3]] == ["FROM", "ENV", "RUN"]
    assert all(step["seconds"] is not None for step in build.steps)
    assert "v1" in local_registry.tags("ml/research/first")
    assert leftovers(home) == []


def test_what_is_the_same_is_named_and_not_built_again(queued: Queue, alice: User) -> None:
    first = ended(queued("RUN echo same", name="same"))
    assert first.state == BuildState.SUCCEEDED, first.reason
    second = ended(queued("RUN echo same", name="same"))
    assert second.state == BuildState.FAILED
    assert "same:1 is the same" in second.reason
    assert second.steps == []


def test_a_step_that_fails_is_named_and_a_mended_draft_is_built_again(
    queued: Queue, alice: User, registry: Any, home: Path, local_registry: LocalRegistry
) -> None:
    build = ended(queued("RUN echo before && exit 7", name="mend"))
    assert build.state == BuildState.FAILED
    assert "exit status 7" in build.reason or "exit 7" in build.reason
    assert build.version.state == ImageState.FAILED
    assert "before" in log_of(build)
    assert leftovers(home) == []
    content = DraftContent(
        dockerfile=f"FROM {local_registry.base}\nRUN echo mended\n", registry=registry
    )
    save_draft(build.version, content, by=alice)
    again = ended(retry_build(build, by=alice))
    assert (again.attempt, again.state) == (2, BuildState.SUCCEEDED), again.reason


def test_an_image_without_ray_is_not_pushed(
    queued: Queue, local_registry: LocalRegistry, home: Path
) -> None:
    build = ended(queued("RUN rm -r /usr/lib/python3.12", name="bare"))
    assert build.state == BuildState.FAILED
    assert "no Ray" in build.reason
    with pytest.raises(OSError, match="404"):
        local_registry.tags("ml/research/bare")
    assert leftovers(home) == []


def test_a_base_that_is_gone_is_named(queued: Queue, local_registry: LocalRegistry) -> None:
    build = ended(queued("RUN a", base=f"{local_registry.host}/base/gone:1"))
    assert build.state == BuildState.FAILED
    assert "base/gone:1 does not exist" in build.reason


def test_files_of_another_image_are_copied_by_its_digest(
    queued: Queue, local_registry: LocalRegistry
) -> None:
    build = ended(queued(f"COPY --from={local_registry.base} /bin/busybox /tool", name="copied"))
    assert build.state == BuildState.SUCCEEDED, build.reason
    assert f"--from={local_registry.host}/base/ray@sha256:" in log_of(build)
    gone = f"{local_registry.host}/base/gone:1"
    assert f"{gone} does not exist" in ended(queued(f"COPY --from={gone} /a /b", name="x")).reason


def test_output_cannot_move_cursors_or_write_html(queued: Queue) -> None:
    line = "RUN printf '\\033[31mred\\033[0m\\033]0;t\\007 <script>alert(1)</script>\\n\\377\\n'"
    build = ended(queued(line, name="hostile"))
    assert build.state == BuildState.SUCCEEDED, build.reason
    text = log_of(build)
    assert "red <script>" in text
    assert all(one.isprintable() or one in "\n\t" for one in text)


def in_the_midst(build: Build, words: str, act: Callable[[], object]) -> threading.Thread:
    """Do something once the log has `words`, while this thread builds."""

    def wait() -> None:
        try:
            ends_at = time.monotonic() + 60
            while words not in log_of(build) and time.monotonic() < ends_at:
                time.sleep(0.1)
            act()
        finally:
            connection.close()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_a_canceled_build_ends_at_once_with_all_its_processes(
    queued: Queue, alice: User, home: Path
) -> None:
    build = queued("RUN echo begun && sleep 300", name="long")
    thread = in_the_midst(build, "begun\n", lambda: cancel_build(build, by=alice))
    began = time.monotonic()
    ended(build)
    thread.join()
    assert time.monotonic() - began < 60
    assert build.state == BuildState.CANCELED
    assert build.reason == "Alice canceled it."
    assert build.version.state == ImageState.FAILED
    assert leftovers(home) == []


def test_a_build_that_waits_is_canceled_without_a_worker(queued: Queue, alice: User) -> None:
    build = queued("RUN a", name="waits")
    cancel_build(build, by=alice)
    assert ended(build).state == BuildState.CANCELED
    assert build.started_at is None


def test_a_build_ends_at_its_limits_of_time_and_disk(
    queued: Queue, settings: Any, home: Path
) -> None:
    settings.BUILD_SECONDS = 3
    slow = ended(queued("RUN sleep 60", name="slow"))
    assert "did not finish within" in slow.reason
    settings.BUILD_SECONDS = 300
    settings.BUILD_DISK_BYTES = 12 * 2**20
    large = ended(queued("RUN dd if=/dev/zero of=/large bs=1M count=40; sleep 30", name="large"))
    assert "GiB on disk" in large.reason, large.reason
    assert leftovers(home) == []


@pytest.fixture
def second(tmp_path: Path) -> Iterator[LocalRegistry]:
    folder = tmp_path / "second"
    folder.mkdir()
    with running_registry(folder) as registry:
        yield registry


def test_a_registry_that_goes_away_before_the_push_fails_the_build(
    queued: Queue, registry: Any, second: LocalRegistry, local_registry: LocalRegistry, alice: User,
    home: Path,
) -> None:  # fmt: skip
    registry.host = second.host
    registry.save()
    build = queued("RUN echo begun && sleep 2", name="away")
    thread = in_the_midst(build, "begun\n", second.process.kill)
    ended(build)
    thread.join()
    assert build.state == BuildState.FAILED
    assert f"{second.host} did not take the image" in build.reason
    assert build.version.state == ImageState.FAILED
    assert leftovers(home) == []


def test_a_team_builds_no_more_at_once_than_it_may(
    queued: Queue, settings: Any, alice: User
) -> None:
    settings.BUILDS_PER_TEAM = 1
    running, waiting = queued("RUN a", name="one"), queued("RUN b", name="two")
    Build.objects.filter(pk=running.pk).update(state=BuildState.RUNNING)
    assert ended(waiting).state == BuildState.QUEUED
    assert ImageVersion.objects.get(pk=waiting.version_id).state == ImageState.BUILDING


def test_what_is_built_is_not_built_again(queued: Queue, alice: User) -> None:
    build = queued("RUN a", name="busy")
    with pytest.raises(WrongState, match="only drafts and failed versions"):
        build_version(build.version, by=alice)


def test_without_leave_nothing_runs_as_root(queued: Queue, settings: Any) -> None:
    build = queued("RUN true")
    settings.BUILD_IN_CHROOT = False
    run_build(build.pk)
    build.refresh_from_db()
    assert build.state == BuildState.FAILED
    assert "MOBULA_BUILD_IN_CHROOT=true" in build.reason
    assert build.steps == []
