"""A double of AWS CodeBuild, CloudWatch Logs and S3, as far as images are built with them.

What is asked and what it answers is checked against the SDK's own descriptions of the services. How
a build runs is a generator: each time somebody asks for the build, it goes on by one step.
`builds_server` lets it answer over HTTP.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from threading import RLock
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.validate import ParamValidator

LOST = -1  # as a status: the call is carried out, and its answer is lost
NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Failure:
    """What is answered in place of an answer."""

    status: int
    code: str = ""


THROTTLED = Failure(400, "ThrottlingException")
REFUSED = Failure(400, "AccessDeniedException")
BROKEN = Failure(500, "InternalFailure")
ANSWER_LOST = Failure(LOST)


@dataclass
class RemoteBuild:
    """A build as CodeBuild has it."""

    id: str
    asked: dict[str, Any]  # the parameters of StartBuild
    status: str = "IN_PROGRESS"
    phases: list[dict[str, Any]] = field(default_factory=list)
    exported: dict[str, str] = field(default_factory=dict)
    log: list[str] | None = None  # None: there is no stream
    group: str = "/aws/codebuild/images"
    steps: Iterator[None] | None = None

    @property
    def mark(self) -> str:
        return next(
            one["value"]
            for one in self.asked["environmentVariablesOverride"]
            if one["name"] == "MOBULA_MARK"
        )

    def begin(self, phase: str) -> None:
        """End the phase before, and begin this one."""
        self.end_phase("SUCCEEDED")
        self.phases.append({"phaseType": phase, "startTime": NOW})

    def end_phase(self, status: str, message: str = "", code: str = "") -> None:
        if self.phases and "phaseStatus" not in self.phases[-1]:
            self.phases[-1] |= {"phaseStatus": status, "endTime": NOW, "durationInSeconds": 1}
            if message:
                self.phases[-1]["contexts"] = [{"statusCode": code, "message": message}]

    def say(self, *lines: str) -> None:
        self.log = [*(self.log or []), *(f"{line}\n" for line in lines)]

    def end(self, status: str = "SUCCEEDED") -> None:
        self.end_phase("SUCCEEDED" if status == "SUCCEEDED" else "FAILED")
        self.phases.append({"phaseType": "COMPLETED", "startTime": NOW})
        self.status = status

    def answer(self) -> dict[str, Any]:
        known: dict[str, Any] = {"groupName": self.group, "streamName": self.id.partition(":")[2]}
        return {
            "id": self.id,
            "arn": f"arn:aws:codebuild:us-east-1:123456789012:build/{self.id}",
            "projectName": self.asked["projectName"],
            "buildStatus": self.status,
            "buildComplete": self.status != "IN_PROGRESS",
            "startTime": NOW,
            "phases": self.phases,
            "timeoutInMinutes": self.asked["timeoutInMinutesOverride"],
            "environment": {
                "type": "LINUX_CONTAINER",
                "image": "aws/codebuild/amazonlinux-x86_64-standard:5.0",
                "computeType": "BUILD_GENERAL1_SMALL",
                "environmentVariables": self.asked["environmentVariablesOverride"],
            },
            "exportedEnvironmentVariables": [
                {"name": name, "value": value} for name, value in self.exported.items()
            ],
            "logs": known | {"cloudWatchLogs": {"status": "ENABLED"}},
        }


type Plan = Callable[[RemoteBuild], Iterator[None]]


@dataclass
class BuildsDouble:
    """One account in one region."""

    url: str = ""
    projects: dict[str, dict[str, Any]] = field(default_factory=dict)
    builds: dict[str, RemoteBuild] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)  # by bucket/key
    repositories: list[str] = field(default_factory=list)  # of ECR
    failures: dict[str, list[Failure]] = field(default_factory=lambda: defaultdict(list))
    denied: set[str] = field(default_factory=set)  # operations
    calls: list[str] = field(default_factory=list)
    plan: Plan = lambda _: iter(())
    # By token: what was started, and with which parameters.
    tokens: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    log_page: int = 10_000
    lock: RLock = field(default_factory=RLock)

    def project(self, name: str, *, privileged: bool = True, logs: str = "ENABLED") -> None:
        self.projects[name] = {
            "name": name,
            "environment": {
                "type": "LINUX_CONTAINER",
                "image": "aws/codebuild/amazonlinux-x86_64-standard:5.0",
                "computeType": "BUILD_GENERAL1_SMALL",
                "privilegedMode": privileged,
            },
            "logsConfig": {"cloudWatchLogs": {"status": logs}},
        }

    def only(self) -> RemoteBuild:
        (one,) = self.builds.values()
        return one

    def perform(self, service: str, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Return the answer of an operation; raises `Refused`."""
        validate(service, operation, asked, of_input=True)
        answer = without_empty(getattr(self, f"_{xform_name(operation)}")(asked))
        validate(service, operation, answer, of_input=False)
        return answer

    def _start_build(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["projectName"] not in self.projects:
            raise Refused("ResourceNotFoundException", "Project cannot be found")
        token = asked["idempotencyToken"]
        if token in self.tokens:
            known, before = self.tokens[token]
            if before != asked:
                raise Refused("InvalidInputException", "Parameter mismatch")
            return {"build": self.builds[known].answer()}
        name = f"{asked['projectName']}:0000-{len(self.builds)}"
        build = self.builds[name] = RemoteBuild(id=name, asked=asked)
        build.begin("SUBMITTED")
        build.steps = self.plan(build)
        self.tokens[token] = name, asked
        return {"build": build.answer()}

    def _batch_get_builds(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = [self.builds[one] for one in asked["ids"] if one in self.builds]
        for build in found:
            if build.steps and build.status == "IN_PROGRESS":
                next(build.steps, None)
        missing = [one for one in asked["ids"] if one not in self.builds]
        return {"builds": [one.answer() for one in found], "buildsNotFound": missing}

    def _stop_build(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["id"] not in self.builds:
            raise Refused("ResourceNotFoundException", "Build cannot be found")
        build = self.builds[asked["id"]]
        if build.status == "IN_PROGRESS":
            build.end("STOPPED")
        return {"build": build.answer()}

    def _list_builds_for_project(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["projectName"] not in self.projects:
            raise Refused("ResourceNotFoundException", "Project cannot be found")
        own = [one.id for one in self.builds.values()]
        return {"ids": own[::-1] if asked.get("sortOrder") == "DESCENDING" else own}

    def _batch_get_projects(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = [self.projects[name] for name in asked["names"] if name in self.projects]
        missing = [name for name in asked["names"] if name not in self.projects]
        return {"projects": found, "projectsNotFound": missing}

    def _create_repository(self, asked: dict[str, Any]) -> dict[str, Any]:
        name = asked["repositoryName"]
        if name in self.repositories:
            raise Refused("RepositoryAlreadyExistsException", "It exists")
        self.repositories.append(name)
        return {"repository": {"repositoryName": name}}

    def _get_log_events(self, asked: dict[str, Any]) -> dict[str, Any]:
        stream = asked["logStreamName"]
        found = [one for one in self.builds.values() if one.id.endswith(f":{stream}")]
        if not found or found[0].log is None:
            raise Refused("ResourceNotFoundException", "The specified log stream does not exist.")
        start = int(asked.get("nextToken", "f/0").partition("/")[2])
        page = found[0].log[start : start + self.log_page]
        moment = int(NOW.timestamp() * 1000)
        events = [{"timestamp": moment, "message": it, "ingestionTime": moment} for it in page]
        return {
            "events": events,
            "nextForwardToken": f"f/{start + len(page)}",
            "nextBackwardToken": f"b/{start}",
        }


def without_empty(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the answer without its empty lists: the services leave them out."""
    return {
        key: [without_empty(it) if isinstance(it, dict) else it for it in value]
        if isinstance(value, list)
        else without_empty(value)
        if isinstance(value, dict)
        else value
        for key, value in answer.items()
        if value != []
    }


class Refused(Exception):
    """An error that the service answers with: its code, and its message."""


@cache
def model_of(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


def validate(service: str, operation: str, values: dict[str, Any], *, of_input: bool) -> None:
    model = model_of(service).operation_model(operation)
    shape = model.input_shape if of_input else model.output_shape
    report = ParamValidator().validate(values, shape)
    assert not report.has_errors(), report.generate_report()
    unknown = values.keys() - shape.members.keys()
    assert not unknown, f"{operation}: {unknown}"
