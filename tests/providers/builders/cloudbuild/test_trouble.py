"""Builds at Cloud Build when calls fail, workers are killed, or somebody cancels; its check."""

from __future__ import annotations

import pytest

from providers.builders.base import BuildCanceled, BuildError
from providers.builders.cloudbuild import CloudBuild
from providers.builders.cloudbuild.checking import problems
from providers.builders.cloudbuild.place import wrong_place
from providers.errors import BadCredentials, InvalidRequest, Unreachable
from tests.doubles.aws.build_plans import DIGEST
from tests.doubles.cloud_build import (
    ANSWER_LOST,
    BROKEN,
    THROTTLED,
    CloudBuildDouble,
    Failure,
)
from tests.doubles.cloud_build_plans import endless, success
from tests.providers.builders.cloudbuild.conftest import Build, Place
from tests.providers.builders.watching import Watcher, order


@pytest.mark.parametrize("call", ["builds.create", "builds.get", "entries.list"])
@pytest.mark.parametrize("failure", [THROTTLED, BROKEN, ANSWER_LOST])
def test_what_passes_is_tried_again_and_nothing_is_built_or_written_twice(
    double: CloudBuildDouble, build: Build, watcher: Watcher, call: str, failure: Failure
) -> None:
    double.plan = success()
    double.failures[call] = [failure]
    assert build(order()).digest == DIGEST
    assert len(double.builds) == 1
    assert watcher.log.count("Successfully installed") == 1


@pytest.mark.parametrize(
    ("failure", "raised", "wanted"),
    [
        (Failure(403, "forbidden"), BadCredentials, "not allow cloudbuild.builds.create"),
        (Failure(401, "authError"), BadCredentials, "does not accept the registry's service"),
        (Failure(404, "notFound"), InvalidRequest, "no such project or region"),
        (Failure(400, "invalid"), InvalidRequest, "rejected the request"),
    ],
)
def test_what_lasts_is_told_at_once(
    double: CloudBuildDouble,
    build: Build,
    failure: Failure,
    raised: type[Exception],
    wanted: str,
) -> None:
    # With 401, the client fetches another token by itself, at most twice.
    double.failures["builds.create"] = [failure] * 3
    with pytest.raises(raised, match=wanted) as told:
        build(order())
    assert "SECRET" not in str(told.value)
    assert double.calls.count("builds.create") == (3 if failure.status == 401 else 1)


def test_a_key_that_is_none_is_told(build: Build) -> None:
    with pytest.raises(BadCredentials, match="key cannot be used"):
        build(order(), key={"type": "service_account"})


def test_nobody_but_google_is_asked_for_tokens(
    double: CloudBuildDouble, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key names who gives tokens: an address of whoever wrote it."""
    from google.oauth2 import service_account

    seen = []
    real = service_account.Credentials.from_service_account_info

    def noted(info: dict[str, str], **more: object) -> object:
        seen.append(info["token_uri"])
        return real(info, **more)

    monkeypatch.setattr(service_account.Credentials, "from_service_account_info", noted)
    evil = {**double.key(), "token_uri": "http://169.254.169.254/token"}
    from providers.builders.cloudbuild.calls import GoogleCalls

    GoogleCalls(evil).client("cloudbuild")
    assert seen == ["https://oauth2.googleapis.com/token"]


def test_a_service_that_is_away_for_a_while_ends_no_build(
    double: CloudBuildDouble, build: Build, watcher: Watcher
) -> None:
    double.plan = success()
    double.failures["builds.get"] = [BROKEN] * 12
    assert build(order()).digest == DIGEST
    assert watcher.log.count("The build goes on there; asking again.") == 1


def test_nobody_at_the_address(build: Build) -> None:
    with pytest.raises(Unreachable, match="Google Cloud Build did not answer in time"):
        build(order(), endpoint="http://127.0.0.1:9")


def test_a_canceled_build_is_stopped_there(
    double: CloudBuildDouble, build: Build, watcher: Watcher
) -> None:
    double.plan = endless
    watcher.when = lambda: "begun" in watcher.log
    with pytest.raises(BuildCanceled):
        build(order())
    assert double.only().row["status"] == "CANCELLED"


@pytest.mark.parametrize("polls", range(1, 5))
def test_another_worker_goes_on_where_the_first_was_killed(
    double: CloudBuildDouble, build: Build, watcher: Watcher, polls: int
) -> None:
    double.plan = success()
    watcher.when = lambda: double.calls.count("builds.get") >= polls
    watcher.stop = KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        build(order())
    watcher.when = lambda: False
    built = build(order(remote=watcher.remotes[-1]))
    assert (built.digest, built.contents.version_of("num-py")) == (DIGEST, "2.1.0")
    assert len(double.builds) == 1
    assert 1 <= watcher.log.count("Successfully installed") <= 2


def test_a_build_that_was_deleted_there_is_missed(build: Build) -> None:
    with pytest.raises(BuildError, match="no longer has the build"):
        build(order(remote="projects/acme-ml/locations/europe-west4/builds/gone 3"))


def test_what_a_worker_left_without_a_name_is_found_and_stopped(
    double: CloudBuildDouble, place: Place, build: Build, watcher: Watcher
) -> None:
    double.plan = endless
    watcher.when, watcher.stop = lambda: "begun" in watcher.log, KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        build(order())
    CloudBuild(place(installation="another")).clean("mobula-7")
    assert double.only().row["status"] == "WORKING"
    CloudBuild(place()).clean("mobula-7")
    assert double.only().row["status"] == "CANCELLED"


@pytest.mark.parametrize(
    ("call", "right"),
    [
        ("builds.list", "cloudbuild.builds.list"),
        ("builds.get", "cloudbuild.builds.get"),
        ("entries.list", "logging.logEntries.list"),
        ("objects.insert", "storage.objects.create"),
        ("objects.delete", "storage.objects.delete"),
    ],
)
def test_a_check_names_the_right_that_is_missing(
    double: CloudBuildDouble, place: Place, call: str, right: str
) -> None:
    assert list(problems(place(bucket="contexts"))) == []
    assert double.objects == {}
    double.denied.add(call)
    (only,) = problems(place(bucket="contexts"))
    assert right in only
    assert "docs/images.md" in only


def test_a_check_says_that_google_cannot_be_asked(place: Place) -> None:
    with pytest.raises(Unreachable):
        list(problems(place(endpoint="http://127.0.0.1:9")))


@pytest.mark.parametrize("field", ["project", "region", "service_account", "bucket"])
def test_values_that_cannot_be_are_named(field: str) -> None:
    good = {
        "project": "acme-ml",
        "region": "global",
        "service_account": "builds@acme-ml.iam.gserviceaccount.com",
        "bucket": "contexts",
    }
    assert list(wrong_place(good)) == []
    ((found, why),) = wrong_place({**good, field: "No One!"})
    assert found == field
    assert "No One!" in why
