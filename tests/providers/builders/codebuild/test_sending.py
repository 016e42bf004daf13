"""How a build context gets to CodeBuild, a build that nobody could note, a log that goes on."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from providers.builders.base import BuildCanceled, BuildInterrupted
from providers.builders.codebuild import CodeBuild
from providers.builders.codebuild.checking import problems
from providers.errors import BadCredentials
from tests.doubles.aws.build_plans import DIGEST, endless, finished, success
from tests.doubles.aws.builds import BROKEN, BuildsDouble
from tests.providers.builders.codebuild.conftest import Build, Place
from tests.providers.builders.watching import Watcher, context, order


def test_an_upload_that_failed_is_sent_again_from_its_first_byte(
    double: BuildsDouble, build: Build, watcher: Watcher, tmp_path: Path
) -> None:
    double.plan = finished(success())
    double.failures["PutObject"] = [BROKEN]
    folder = context(tmp_path)
    (folder / "large").write_bytes(bytes(range(256)) * 4096)
    sent: list[bytes] = []
    watcher.when = lambda: bool(sent.extend(double.objects.values()))
    assert build(order(context=folder), bucket="contexts").digest == DIGEST
    with zipfile.ZipFile(io.BytesIO(sent[0])) as outer:
        inner = io.BytesIO(outer.read("context.tar.gz"))
    with tarfile.open(fileobj=inner) as archive:
        assert "./large" in archive.getnames()
    assert double.calls.count("s3:PutObject") == 2
    assert double.objects == {}


@pytest.mark.parametrize("stop", [BuildCanceled, BuildInterrupted])
@pytest.mark.parametrize("checks", [1, 4])
def test_somebody_is_heard_while_a_context_is_packed_and_sent(
    double: BuildsDouble,
    build: Build,
    watcher: Watcher,
    tmp_path: Path,
    stop: type[Exception],
    checks: int,
) -> None:
    watcher.when, watcher.stop = lambda: watcher.checks >= checks, stop
    with pytest.raises(stop):
        build(order(context=context(tmp_path)), bucket="contexts")
    assert "codebuild:StartBuild" not in double.calls
    assert double.objects == {}


def test_a_build_that_cannot_be_noted_is_stopped(
    double: BuildsDouble, build: Build, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its worker was away for too long: others have ended it, and nobody else knows of it."""
    double.plan = endless

    def refuse(_: str) -> None:
        raise BuildInterrupted

    monkeypatch.setattr(watcher, "call_it", refuse)
    with pytest.raises(BuildInterrupted):
        build(order())
    assert double.only().status == "STOPPED"


def test_a_context_that_stays_is_told(
    double: BuildsDouble, build: Build, watcher: Watcher, tmp_path: Path
) -> None:
    double.plan = finished(success())
    double.denied.add("DeleteObject")
    assert build(order(context=context(tmp_path)), bucket="contexts").digest == DIGEST
    assert "The build context was not removed from its bucket" in watcher.log
    assert "s3:DeleteObject" in watcher.log


def test_what_cannot_be_stopped_leaves_no_context_behind(
    double: BuildsDouble, place: Place
) -> None:
    double.denied.add("ListBuildsForProject")
    double.objects["contexts/mobula-builds/one-mobula-7.zip"] = b"PK"
    with pytest.raises(BadCredentials):
        CodeBuild(place(bucket="contexts")).clean("mobula-7")
    assert double.objects == {}


def test_a_check_names_the_right_to_see_the_project(double: BuildsDouble, place: Place) -> None:
    double.denied.add("BatchGetProjects")
    with pytest.raises(BadCredentials, match="codebuild:BatchGetProjects"):
        list(problems(place()))


@pytest.mark.parametrize(("late", "is_read"), [(40, True), (400, False)])
def test_a_log_that_goes_on_after_the_end_is_read_for_some_minutes(
    double: BuildsDouble, build: Build, watcher: Watcher, late: int, is_read: bool
) -> None:
    """Of a very long log, most comes after the end: what is in the image stands at its end."""
    double.plan = success()
    rounds = 0

    def more() -> bool:
        nonlocal rounds
        remote = next(iter(double.builds.values()), None)
        if remote and remote.status == "SUCCEEDED" and rounds <= 4 * late:
            rounds += 1  # twice a second, somebody looks whether to go on
            remote.say(f"late {rounds}")
            if rounds == 4 * late:
                remote.say(f"{remote.mark} apt late 1.0", f"{remote.mark} end")
        return False

    watcher.when = more
    built = build(order())
    assert built.digest == DIGEST
    assert ("late" in {one.name for one in built.contents.packages}) is is_read
    assert ("The rest of the log was not read" in watcher.log) is not is_read
