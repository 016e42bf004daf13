"""Whether a project of CodeBuild can build images, asked of AWS without building one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from providers.aws.codes import NOT_ALLOWED
from providers.aws.errors import code_of
from providers.builders.codebuild.place import CodeBuildPlace
from providers.builders.codebuild.service import TITLE, CodeBuildService, told
from providers.errors import ProviderError

_MACHINES = ("LINUX_CONTAINER", "LINUX_GPU_CONTAINER", "ARM_CONTAINER", "LINUX_EC2", "ARM_EC2")
# No build and no stream has this name: who may ask for it is told so.
_NONE = "00000000-0000-0000-0000-000000000000"
_UNKNOWN = frozenset({"ResourceNotFoundException", "InvalidInputException"})


def problems(place: CodeBuildPlace) -> Iterator[str]:
    """Yield what keeps the project from building, each with the way out.

    `codebuild:StartBuild` cannot be tried without a build. Raises `ProviderError` subclasses where
    AWS cannot be asked at all.
    """
    service = CodeBuildService(place)
    name = place.project
    try:
        found = service.builds("batch_get_projects", names=[name]).get("projects", ())
    except ProviderError as error:
        raise told(error, right="codebuild:BatchGetProjects", project=name) from error
    if not found:
        yield f"{TITLE} has no project {name} in {place.region}. Create it, or correct its name."
        return
    yield from _of_project(found[0])
    yield from _of_rights(service, found[0])


def _of_project(project: Mapping[str, Any]) -> Iterator[str]:
    name, machine = project["name"], project.get("environment", {})
    if machine.get("type") not in _MACHINES:
        yield (
            f"Project {name} has the environment type {machine.get('type')}, which cannot run "
            "docker. Use a Linux environment on EC2."
        )
    elif not machine.get("privilegedMode"):
        yield (
            f"Project {name} does not run in privileged mode, which docker build needs. Turn on "
            "Privileged in the project's environment."
        )
    if _log(project).get("status") == "DISABLED":
        yield (
            f"Project {name} writes no log to CloudWatch Logs, so builds would have none here. "
            "Turn on CloudWatch logs in the project."
        )


def _of_rights(service: CodeBuildService, project: Mapping[str, Any]) -> Iterator[str]:
    name = service.place.project
    group = _log(project).get("groupName") or f"/aws/codebuild/{name}"
    tries: dict[str, Callable[[], object]] = {
        "codebuild:ListBuildsForProject": lambda: service.builds(
            "list_builds_for_project", projectName=name
        ),
        "codebuild:BatchGetBuilds": lambda: service.builds(
            "batch_get_builds", ids=[f"{name}:{_NONE}"]
        ),
        "codebuild:StopBuild": lambda: service.builds("stop_build", id=f"{name}:{_NONE}"),
        "logs:GetLogEvents": lambda: service.logs(
            "get_log_events", logGroupName=group, logStreamName=_NONE, limit=1
        ),
    }
    if service.place.bucket:
        tries["s3:PutObject and s3:DeleteObject"] = service.try_bucket
    for right, attempt in tries.items():
        try:
            attempt()
        except ProviderError as error:
            code = code_of(error)
            if code in NOT_ALLOWED:
                yield str(told(error, right=right, project=name))
            elif code == "NoSuchBucket":
                yield f"There is no S3 bucket {service.place.bucket}. Create it, or correct it."
            elif code not in _UNKNOWN:
                raise


def _log(project: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = project.get("logsConfig", {}).get("cloudWatchLogs", {})
    return found
