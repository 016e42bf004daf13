"""Builds whose buildspec is really run: what is ready is what the registry has."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils.timezone import now

from accounts.models import User
from domain.images.states import BuildState, ImageState
from images.building import sweep
from images.building.log import whole
from images.building.run import _Watcher, name_of, run_build
from images.models import Build, Registry
from images.services.builds import cancel_build
from providers.builders.base import BuildSpec
from providers.builders.codebuild.service import CodeBuildService
from tests.doubles.aws.build_plans import endless, executed, finished, success
from tests.doubles.aws.builds import REFUSED, THROTTLED, BuildsDouble, Failure, RemoteBuild
from tests.images.building.registry import LocalRegistry
from tests.images.elsewhere.conftest import Queue

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Remove what a machine of CodeBuild would take with it."""
    yield
    for build in Build.objects.all():
        for path in Path("/tmp").glob(f"*{name_of(build)}"):
            shutil.rmtree(path)


def log_of(build: Build) -> str:
    return "".join(whole(build.pk))


def ended(build: Build) -> Build:
    run_build(build.pk)
    build.refresh_from_db()
    build.version.refresh_from_db()
    return build


def left(build: Build) -> None:
    """Let the lease of a worker that was killed run out."""
    Build.objects.filter(pk=build.pk).update(lease_expires_at=now() - timedelta(seconds=1))


def test_a_build_gives_a_version_at_the_digest_that_the_registry_has(
    queued: Queue, local_registry: LocalRegistry, double: BuildsDouble
) -> None:
    build = ended(queued("ENV A=1", "RUN echo hello", name="first"))
    assert build.state == BuildState.SUCCEEDED, build.reason + log_of(build)
    version = build.version
    assert (version.state, version.digest) == (ImageState.READY, build.digest)
    assert version.location == f"{local_registry.host}/cloud/research/first:v1"
    assert (version.ray_version, version.python_version) == ("2.50.0", "3.12")
    assert [one["name"] for one in version.contents.packages] == ["bash", "ray"]
    assert len(version.contents.layers) >= 2
    assert build.builder == "codebuild"
    assert "hello" in log_of(build)
    assert "SECRET" not in log_of(build)
    assert double.only().mark not in log_of(build)
    assert "v1" in local_registry.tags("cloud/research/first")
    again = ended(queued("ENV A=1", "RUN echo hello", name="first"))
    assert "first:1 is the same" in again.reason
    assert len(double.builds) == 1


def test_a_step_that_fails_is_named(queued: Queue) -> None:
    build = ended(queued("RUN echo before && exit 7", name="fails"))
    assert build.state == BuildState.FAILED
    assert "exit status 7" in build.reason
    assert "AWS CodeBuild failed in the phase BUILD" in build.reason
    assert build.version.state == ImageState.FAILED
    assert "before" in log_of(build)


def test_an_image_without_ray_is_not_pushed(queued: Queue, local_registry: LocalRegistry) -> None:
    build = ended(queued("RUN rm -r /usr/lib/python3.12", name="bare"))
    assert build.state == BuildState.FAILED
    assert "no Ray" in build.reason
    with pytest.raises(OSError, match="404"):
        local_registry.tags("cloud/research/bare")


def test_an_image_with_an_old_ray_is_not_pushed(
    queued: Queue, local_registry: LocalRegistry
) -> None:
    info = "/usr/lib/python3.12/site-packages/ray-2.50.0.dist-info/METADATA"
    line = f"RUN sed -i 's/^Version: .*/Version: 2.7.1/' {info}"
    build = ended(queued(line, name="old"))
    assert "Ray 2.7.1; clusters need 2.8 or later" in build.reason
    with pytest.raises(OSError, match="404"):
        local_registry.tags("cloud/research/old")


def test_what_a_step_prints_is_not_taken_for_mobulas_own(queued: Queue) -> None:
    build = ended(queued("RUN echo '##0 pip fake 1.0'", name="hostile"))
    assert build.state == BuildState.SUCCEEDED, build.reason
    assert [one["name"] for one in build.version.contents.packages] == ["bash", "ray"]


def test_a_canceled_build_is_stopped_there(
    queued: Queue, double: BuildsDouble, alice: User
) -> None:
    build = queued("RUN a", name="long")

    def plan(remote: RemoteBuild) -> Iterator[None]:
        for number, _ in enumerate(endless(remote)):
            if number == 8:
                cancel_build(Build.objects.get(pk=build.pk), by=alice)
                connection.close()  # of the double's thread
            yield

    double.plan = plan
    ended(build)
    assert (build.state, build.reason) == (BuildState.CANCELED, "Alice canceled it.")
    assert double.only().status == "STOPPED"


@pytest.mark.parametrize("polls", [1, 7, 9])
def test_another_worker_takes_up_what_a_killed_one_left(
    queued: Queue, double: BuildsDouble, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, polls: int
) -> None:
    build = queued("RUN echo hello", name=f"killed-{polls}")
    double.plan = executed(tmp_path / "programs", tmp_path, pauses=2)
    progress = CodeBuildService.progress

    def until_killed(self: CodeBuildService, remote: str) -> object:
        if double.calls.count("codebuild:BatchGetBuilds") >= polls:
            raise SystemExit  # as from a worker that is ended: nothing is caught
        return progress(self, remote)

    monkeypatch.setattr(CodeBuildService, "progress", until_killed)
    with pytest.raises(SystemExit):
        run_build(build.pk)
    monkeypatch.setattr(CodeBuildService, "progress", progress)
    build.refresh_from_db()
    assert build.state in {BuildState.RUNNING, BuildState.PUSHING}
    assert sweep.waiting() == []  # its worker may only be slow
    run_build(build.pk)
    left(build)
    assert sweep.end_lost() == 0
    assert sweep.waiting() == [build.pk]
    ended(build)
    assert build.state == BuildState.SUCCEEDED, build.reason + log_of(build)
    assert build.version.fingerprint
    assert len(double.builds) == 1
    assert "Another worker follows this build now." in log_of(build)


def test_a_build_that_was_not_noted_yet_is_ended_and_stopped(
    queued: Queue, double: BuildsDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    double.plan = endless
    build = queued("RUN a", name="unnoted")

    def killed_here(*_: object) -> None:
        raise SystemExit

    monkeypatch.setattr(_Watcher, "call_it", killed_here)
    with pytest.raises(SystemExit):
        run_build(build.pk)
    left(build)
    assert sweep.end_lost() == 1
    build.refresh_from_db()
    assert (build.state, build.reason) == (BuildState.FAILED, sweep.LOST)
    assert double.only().status == "STOPPED"


def test_no_build_is_taken_up_for_ever(queued: Queue, double: BuildsDouble) -> None:
    build = queued("RUN a", name="old")
    long_ago = now() - timedelta(days=3)
    Build.objects.filter(pk=build.pk).update(
        state="running", builder="codebuild", remote="images:1", started_at=long_ago
    )
    double.failures["ListBuildsForProject"] = [THROTTLED] * 9  # it cannot be cleaned, either
    assert sweep.waiting() == []
    assert sweep.end_lost() == 1
    build.refresh_from_db()
    assert build.state == BuildState.FAILED


def test_credentials_that_were_removed_meanwhile_end_the_build(
    queued: Queue, registry: Registry
) -> None:
    build = queued("RUN a", name="keyless")
    registry.sealed_credentials = ""
    registry.save()
    assert "has no access key" in ended(build).reason
    assert build.state == BuildState.FAILED


def test_a_worker_that_was_away_too_long_leaves_no_build_there(
    queued: Queue, double: BuildsDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others have ended it before it was begun: nobody would follow what it begins now."""
    double.plan = endless
    build = queued("RUN a", name="slow")
    start = CodeBuildService.start

    def late(self: CodeBuildService, spec: BuildSpec, *, look: Callable[[], None]) -> str:
        left(build)
        assert sweep.end_lost() == 1
        return start(self, spec, look=look)

    monkeypatch.setattr(CodeBuildService, "start", late)
    ended(build)
    assert (build.state, build.reason, build.remote) == (BuildState.FAILED, sweep.LOST, "")
    assert double.only().status == "STOPPED"


def test_the_repository_is_created_once_where_the_registry_says_so(
    queued: Queue, registry: Registry, double: BuildsDouble
) -> None:
    double.plan = finished(success())
    ended(queued("RUN a", name="first"))
    assert double.repositories == []
    registry.settings["builds"]["create_repositories"] = "yes"
    registry.save()
    build = ended(queued("RUN b", name="second"))
    assert double.repositories == ["cloud/research/second"]
    assert "Created the repository cloud/research/second in Amazon ECR" in log_of(build)
    again = ended(queued("RUN c", name="second"))
    assert double.calls.count("ecr:CreateRepository") == 2
    assert "Created the repository" not in log_of(again)


@pytest.mark.parametrize(
    ("failure", "wanted"),
    [
        (REFUSED, "does not allow ecr:CreateRepository on cloud/research/third"),
        (Failure(400, "LimitExceededException"), "quota of the account"),
        (THROTTLED, "Amazon ECR is throttling"),
    ],
)
def test_a_repository_that_cannot_be_created_ends_the_build_with_the_reason(
    queued: Queue, registry: Registry, double: BuildsDouble, failure: Failure, wanted: str
) -> None:
    registry.settings["builds"]["create_repositories"] = "yes"
    registry.save()
    double.failures["CreateRepository"] = [failure] * 9
    build = ended(queued("RUN a", name="third"))
    assert build.state == BuildState.FAILED
    assert wanted in build.reason
    assert "SECRET" not in build.reason
    assert double.builds == {}
