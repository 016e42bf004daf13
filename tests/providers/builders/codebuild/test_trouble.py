"""Builds at CodeBuild when calls fail, workers are killed, or somebody cancels."""

from __future__ import annotations

import pytest

from providers.builders.base import BuildCanceled, BuildError, BuildInterrupted
from providers.builders.codebuild import CodeBuild
from providers.errors import BadCredentials, InvalidRequest, QuotaExceeded, Throttled, Unreachable
from tests.doubles.aws.build_plans import DIGEST, endless, finished, success
from tests.doubles.aws.builds import ANSWER_LOST, BROKEN, THROTTLED, BuildsDouble, Failure
from tests.providers.builders.codebuild.conftest import Build, Place
from tests.providers.builders.watching import Watcher, order

OPERATIONS = ("StartBuild", "BatchGetBuilds", "GetLogEvents")


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("failure", [THROTTLED, BROKEN, ANSWER_LOST])
def test_what_passes_is_tried_again_and_nothing_is_built_or_written_twice(
    double: BuildsDouble, build: Build, watcher: Watcher, operation: str, failure: Failure
) -> None:
    double.plan = finished(success())
    double.failures[operation] = [failure, failure]
    assert build(order()).digest == DIGEST
    assert len(double.builds) == 1
    assert watcher.log.count("Successfully installed") == 1


def test_a_build_that_was_begun_without_an_answer_is_stopped(
    double: BuildsDouble, build: Build
) -> None:
    double.plan = endless
    double.failures["StartBuild"] = [ANSWER_LOST] * 4
    with pytest.raises(Unreachable, match="AWS CodeBuild did not answer"):
        build(order())
    assert double.only().status == "STOPPED"


@pytest.mark.parametrize(
    ("failure", "raised", "wanted"),
    [
        (Failure(400, "AccessDeniedException"), BadCredentials, "not allow codebuild:StartBuild"),
        (Failure(400, "UnrecognizedClientException"), BadCredentials, "rejected the credentials"),
        (Failure(400, "AccountLimitExceededException"), QuotaExceeded, "quota"),
        (Failure(400, "InvalidInputException"), InvalidRequest, "rejected the request"),
    ],
)
def test_what_lasts_is_told_at_once(
    double: BuildsDouble,
    build: Build,
    watcher: Watcher,
    failure: Failure,
    raised: type[Exception],
    wanted: str,
) -> None:
    double.failures["StartBuild"] = [failure]
    with pytest.raises(raised, match=wanted) as told:
        build(order())
    if raised is not InvalidRequest:  # whose words AWS itself chooses for users
        assert "SECRET" not in str(told.value) + watcher.log
    assert double.calls.count("codebuild:StartBuild") == 1


def test_a_project_that_does_not_exist_is_named(double: BuildsDouble, build: Build) -> None:
    with pytest.raises(InvalidRequest, match="no project other in this account and region"):
        build(order(), project="other")


def test_a_service_that_is_away_for_a_while_ends_no_build(
    double: BuildsDouble, build: Build, watcher: Watcher
) -> None:
    double.plan = finished(success())
    double.failures["BatchGetBuilds"] = [BROKEN] * 20
    assert build(order()).digest == DIGEST
    assert watcher.log.count("The build goes on there; asking again.") == 1


def test_a_service_that_stays_away_ends_the_build_at_its_limit(
    double: BuildsDouble, build: Build, watcher: Watcher
) -> None:
    double.plan = endless
    double.failures["BatchGetBuilds"] = [THROTTLED] * 2000
    double.failures["StopBuild"] = [THROTTLED] * 9
    with pytest.raises(BuildError, match="did not finish within 10 minutes"):
        build(order())
    assert "did not stop the build" in watcher.log
    assert "by its own timeout" in watcher.log


def test_nobody_at_the_address(place: Place, watcher: Watcher) -> None:
    builder = CodeBuild(place(endpoint="http://127.0.0.1:9"))
    with pytest.raises(Unreachable, match="AWS CodeBuild did not answer in time"):
        builder.build(order(), watcher)


def test_rights_that_are_taken_away_end_the_build_and_name_the_right(
    double: BuildsDouble, build: Build
) -> None:
    double.plan = endless
    double.denied.add("BatchGetBuilds")
    with pytest.raises(BadCredentials, match="does not allow codebuild:BatchGetBuilds"):
        build(order())
    assert double.only().status == "STOPPED"


def test_a_build_that_was_deleted_there_is_missed(double: BuildsDouble, build: Build) -> None:
    with pytest.raises(BuildError, match="no longer has the build"):
        build(order(remote="images:gone 3"))
    assert "codebuild:StartBuild" not in double.calls


def test_a_canceled_build_is_stopped_there(
    double: BuildsDouble, build: Build, watcher: Watcher
) -> None:
    double.plan = endless
    watcher.when = lambda: "begun" in watcher.log
    with pytest.raises(BuildCanceled):
        build(order())
    assert double.only().status == "STOPPED"


def test_a_worker_that_lost_the_build_leaves_it_to_the_other_one(
    double: BuildsDouble, build: Build, watcher: Watcher
) -> None:
    double.plan = endless
    watcher.when, watcher.stop = lambda: "begun" in watcher.log, BuildInterrupted
    with pytest.raises(BuildInterrupted):
        build(order())
    assert double.only().status == "IN_PROGRESS"


@pytest.mark.parametrize("polls", range(1, 8))
def test_another_worker_goes_on_where_the_first_was_killed(
    double: BuildsDouble, place: Place, build: Build, watcher: Watcher, polls: int
) -> None:
    """Killed after each number of polls: nothing is lost or built twice."""
    double.plan = finished(success())
    watcher.when = lambda: double.calls.count("codebuild:BatchGetBuilds") >= polls
    watcher.stop = KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        build(order())
    watcher.when = lambda: False
    built = build(order(remote=watcher.remotes[-1]))
    assert (built.digest, built.contents.version_of("num-py")) == (DIGEST, "2.1.0")
    assert len(double.builds) == 1
    # What the first wrote in its last moment may be there twice.
    assert 1 <= watcher.log.count("Successfully installed") <= 2


def test_what_a_worker_left_without_a_name_is_found_and_stopped(
    double: BuildsDouble, place: Place, build: Build, watcher: Watcher
) -> None:
    double.plan = endless
    watcher.when, watcher.stop = lambda: "begun" in watcher.log, KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        build(order())
    CodeBuild(place(installation="another")).clean("mobula-7")
    CodeBuild(place()).clean("mobula-8")
    assert double.only().status == "IN_PROGRESS"
    CodeBuild(place()).clean("mobula-7")
    assert double.only().status == "STOPPED"


def test_cleaning_tells_that_it_could_not(double: BuildsDouble, place: Place) -> None:
    double.denied.add("ListBuildsForProject")
    with pytest.raises(BadCredentials, match="codebuild:ListBuildsForProject"):
        CodeBuild(place()).clean("mobula-7")
    double.failures["BatchGetBuilds"] = [THROTTLED] * 9
    with pytest.raises((Throttled, BadCredentials)):
        CodeBuild(place()).clean("mobula-7")
