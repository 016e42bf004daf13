"""How a build context gets to Cloud Build, and builds that nobody could note or that came twice."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from providers.builders.base import BuildCanceled, BuildInterrupted
from providers.builders.cloudbuild import calls
from providers.builders.cloudbuild.service import CloudBuildService
from providers.errors import BadCredentials, InvalidRequest, Unreachable
from tests.doubles.aws.build_plans import DIGEST
from tests.doubles.cloud_build import ANSWER_LOST, BROKEN, CloudBuildDouble, Failure
from tests.doubles.cloud_build_plans import endless, success
from tests.providers.builders.cloudbuild.conftest import Build, Place
from tests.providers.builders.watching import Watcher, context, order


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "PAUSE_SECONDS", 0.0)


def test_an_upload_that_failed_is_sent_again_from_its_first_byte(
    double: CloudBuildDouble, build: Build, watcher: Watcher, tmp_path: Path
) -> None:
    double.plan = success()
    double.failures["objects.insert"] = [BROKEN, BROKEN]
    folder = context(tmp_path)
    (folder / "large").write_bytes(bytes(range(256)) * 4096)
    sent: list[bytes] = []
    watcher.when = lambda: bool(sent.extend(double.objects.values()))
    assert build(order(context=folder), bucket="contexts").digest == DIGEST
    with tarfile.open(fileobj=io.BytesIO(sent[0])) as archive:
        assert "./large" in archive.getnames()
    assert double.calls.count("objects.insert") == 3
    assert double.objects == {}


@pytest.mark.parametrize(
    ("failure", "raised", "times"),
    [
        (BROKEN, Unreachable, 3),
        (Failure(429, "rateLimitExceeded"), Unreachable, 3),
        (Failure(400, "invalid"), InvalidRequest, 1),
        (Failure(404, "notFound"), InvalidRequest, 1),
        (Failure(403, "forbidden"), BadCredentials, 1),
    ],
)
def test_an_upload_is_tried_again_where_that_may_help(
    double: CloudBuildDouble,
    build: Build,
    tmp_path: Path,
    failure: Failure,
    raised: type[Exception],
    times: int,
) -> None:
    double.failures["objects.insert"] = [failure] * 4
    with pytest.raises(raised) as told:
        build(order(context=context(tmp_path)), bucket="contexts")
    assert "SECRET" not in str(told.value)
    assert double.calls.count("objects.insert") == times
    assert "builds.create" not in double.calls


@pytest.mark.parametrize("stop", [BuildCanceled, BuildInterrupted])
@pytest.mark.parametrize("checks", [1, 4])
def test_somebody_is_heard_while_a_context_is_packed_and_sent(
    double: CloudBuildDouble,
    build: Build,
    watcher: Watcher,
    tmp_path: Path,
    stop: type[Exception],
    checks: int,
) -> None:
    watcher.when, watcher.stop = lambda: watcher.checks >= checks, stop
    with pytest.raises(stop):
        build(order(context=context(tmp_path)), bucket="contexts")
    assert "builds.create" not in double.calls
    assert double.objects == {}


def test_a_build_that_cannot_be_noted_is_stopped(
    double: CloudBuildDouble, build: Build, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    double.plan = endless

    def refuse(_: str) -> None:
        raise BuildInterrupted

    monkeypatch.setattr(watcher, "call_it", refuse)
    with pytest.raises(BuildInterrupted):
        build(order())
    assert double.only().row["status"] == "CANCELLED"


def test_of_two_builds_after_a_lost_answer_one_goes_on(
    double: CloudBuildDouble, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Google lists a build only some seconds after it was created."""
    double.plan = endless
    double.failures["builds.create"] = [ANSWER_LOST]
    service = CloudBuildService(place(), log_every=0)
    real, asked = service.find, []

    def late(name: str) -> object:
        asked.append(name)
        return [] if len(asked) == 1 else real(name)

    monkeypatch.setattr(service, "find", late)
    remote = service.start(order(), look=lambda: None)
    status = {one.row["name"]: one.row["status"] for one in double.builds.values()}
    assert len(status) == 2
    assert [name for name, state in status.items() if state != "CANCELLED"] == [remote]


def test_builds_are_found_on_later_pages(double: CloudBuildDouble, place: Place) -> None:
    double.plan = endless
    service = CloudBuildService(place(), log_every=0)
    remote = service.start(order(), look=lambda: None)
    double.empty_pages = 2
    assert service.find("mobula-7") == [remote]
