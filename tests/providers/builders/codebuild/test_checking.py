"""What a check says of a project of CodeBuild; which rights all calls together take."""

from __future__ import annotations

from pathlib import Path

import pytest

from providers.aws.rights import FOR_BUILDS
from providers.builders.codebuild.checking import problems
from providers.builders.codebuild.place import wrong_place
from providers.errors import BadCredentials, Unreachable
from tests.doubles.aws.build_plans import endless, finished, success
from tests.doubles.aws.builds import THROTTLED, BuildsDouble, Failure
from tests.providers.builders.codebuild.conftest import Build, Place
from tests.providers.builders.watching import Watcher, context, order


def test_a_project_that_can_build_has_no_problems(double: BuildsDouble, place: Place) -> None:
    assert list(problems(place(bucket="contexts"))) == []
    assert double.objects == {}
    assert double.builds == {}


def test_a_missing_project_is_all_that_is_said(place: Place) -> None:
    (only,) = problems(place(project="other"))
    assert "no project other in us-east-1" in only


def test_a_project_without_privileges_or_log_is_told(double: BuildsDouble, place: Place) -> None:
    double.project("images", privileged=False, logs="DISABLED")
    privileged, log = problems(place())
    assert "does not run in privileged mode" in privileged
    assert "no log to CloudWatch Logs" in log
    double.projects["images"]["environment"]["type"] = "LINUX_LAMBDA_CONTAINER"
    assert "cannot run docker" in next(problems(place()))


@pytest.mark.parametrize(
    ("operation", "right"),
    [
        ("ListBuildsForProject", "codebuild:ListBuildsForProject"),
        ("BatchGetBuilds", "codebuild:BatchGetBuilds"),
        ("StopBuild", "codebuild:StopBuild"),
        ("GetLogEvents", "logs:GetLogEvents"),
        ("PutObject", "s3:PutObject"),
    ],
)
def test_a_missing_right_is_named(
    double: BuildsDouble, place: Place, operation: str, right: str
) -> None:
    double.denied.add(operation)
    (only,) = problems(place(bucket="contexts"))
    assert right in only
    assert "docs/aws.md" in only
    assert "SECRET" not in only


@pytest.mark.parametrize(
    ("failure", "raised"),
    [
        (Failure(400, "UnrecognizedClientException"), BadCredentials),
        (Failure(500, "InternalFailure"), Unreachable),
    ],
)
def test_what_keeps_aws_from_being_asked_is_raised(
    double: BuildsDouble, place: Place, failure: Failure, raised: type[Exception]
) -> None:
    double.failures["BatchGetProjects"] = [failure] * 4
    with pytest.raises(raised, match="AWS CodeBuild"):
        list(problems(place()))
    double.failures["BatchGetProjects"] = [THROTTLED]
    assert list(problems(place())) == []


def test_every_call_is_a_right_and_every_right_a_call(
    double: BuildsDouble, place: Place, build: Build, watcher: Watcher, tmp_path: Path
) -> None:
    list(problems(place(bucket="contexts")))
    double.plan = finished(success())
    build(order(context=context(tmp_path)), bucket="contexts")
    double.plan = endless
    double.failures["BatchGetBuilds"] = [Failure(400, "AccessDeniedException")]
    with pytest.raises(BadCredentials):
        build(order(name="mobula-8"))
    assert set(double.calls) == set(FOR_BUILDS)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"project": ""}, "project"),
        ({"project": "has spaces"}, "project"),
        ({"project": "images", "bucket": "No_Bucket"}, "bucket"),
        ({"project": "images", "login_secret": "a b"}, "login_secret"),
    ],
)
def test_values_that_cannot_be_are_named(values: dict[str, str], field: str) -> None:
    ((found, why),) = wrong_place(values)
    assert found == field
    assert "such as" in why
