"""The calls of AWS CodeBuild, CloudWatch Logs and S3 by which an image is built."""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from domain.offerings import ProviderKind
from providers.aws.account import read_account
from providers.aws.calls import Calls
from providers.aws.client import Clients
from providers.aws.codes import NOT_ALLOWED
from providers.aws.errors import code_of
from providers.base import Account
from providers.builders.base import BuildSpec
from providers.builders.codebuild.buildspec import CONTEXT, LOGINS, buildspec
from providers.builders.codebuild.log import CloudWatchLog
from providers.builders.codebuild.place import CodeBuildPlace
from providers.builders.codebuild.reading import MARK, NAME, is_named, progress_of
from providers.builders.remote.context import Outgoing, packed
from providers.builders.remote.refusals import refusal
from providers.builders.remote.service import Progress, RemoteLog
from providers.errors import BadCredentials, ProviderError

TITLE = "AWS CodeBuild"
_READ_SECONDS, _PATIENCE_SECONDS = 10.0, 8.0
_UPLOAD_SECONDS = 120.0
# What CodeBuild takes, in minutes.
_LEAST_MINUTES, _MOST_MINUTES, _MOST_QUEUED = 5, 2160, 480
_MOST_IDS = 100  # in one BatchGetBuilds: builds of the last hours


class CodeBuildService:
    """One project; clients are opened when they are first needed."""

    title = TITLE

    def __init__(self, place: CodeBuildPlace) -> None:
        self.place = place
        account = read_account(
            Account(
                kind=ProviderKind.AWS,
                id="codebuild",
                home=Path(),
                region=place.region,
                settings={"endpoint": place.endpoint} if place.endpoint else {},
                credentials=place.credentials,
            )
        )
        clients = Clients(account, read_seconds=_READ_SECONDS)
        slow = Clients(account, read_seconds=_UPLOAD_SECONDS)
        self.builds = Calls(TITLE, lambda: clients.client("codebuild"), patience=_PATIENCE_SECONDS)
        self.logs = Calls(
            "Amazon CloudWatch Logs", lambda: clients.client("logs"), patience=_PATIENCE_SECONDS
        )
        self._s3 = Calls(
            "Amazon S3", lambda: _Bucket(slow.client("s3")), patience=_PATIENCE_SECONDS
        )
        self._logs_of: dict[str, CloudWatchLog] = {}

    def refusal(self, spec: BuildSpec) -> str:
        return refusal(
            spec,
            title=TITLE,
            own_host=spec.location.partition("/")[0],
            reaches_this_host=bool(self.place.endpoint),
            other_logins="" if self.place.login_secret else
            "Enter the secret of Secrets Manager that has these logins on the registry's page "
            "Builds",
            contexts="" if self.place.bucket else
            "Enter an S3 bucket for build contexts on the registry's page Builds",
        )  # fmt: skip

    def start(self, spec: BuildSpec, *, look: Callable[[], None]) -> str:
        source: dict[str, Any] = {"sourceTypeOverride": "NO_SOURCE"}
        if spec.context:
            source = self._upload(spec.context, name=spec.name, look=look)
        mark = f"##{secrets.token_hex(8)}"
        minutes = max(_LEAST_MINUTES, math.ceil(spec.limits.seconds / 60))
        with self._rights("codebuild:StartBuild"):
            answer = self.builds(
                "start_build",
                projectName=self.place.project,
                # Valid for five minutes: an answer that was lost starts no second build.
                idempotencyToken=self._own(spec.name),
                buildspecOverride=buildspec(spec, self.place, mark=mark),
                environmentVariablesOverride=self._variables(spec, mark=mark),
                artifactsOverride={"type": "NO_ARTIFACTS"},
                timeoutInMinutesOverride=min(minutes, _MOST_MINUTES),
                queuedTimeoutInMinutesOverride=min(minutes, _MOST_QUEUED),
                **source,
            )
        return str(answer["build"]["id"])

    def progress(self, remote: str) -> Progress | None:
        with self._rights("codebuild:BatchGetBuilds"):
            found = self.builds("batch_get_builds", ids=[remote]).get("builds", ())
        if not found:
            return None
        self._log_of(remote).know(found[0])
        return progress_of(found[0])

    def log(self, remote: str) -> RemoteLog:
        self._logs_of.pop(remote, None)
        return self._log_of(remote)

    def stop(self, remote: str) -> None:
        with self._rights("codebuild:StopBuild"):
            self.builds("stop_build", id=remote)

    def find(self, name: str) -> Sequence[str]:
        with self._rights("codebuild:ListBuildsForProject"):
            ids = self.builds(
                "list_builds_for_project", projectName=self.place.project, sortOrder="DESCENDING"
            ).get("ids", ())
        if not ids:
            return []
        with self._rights("codebuild:BatchGetBuilds"):
            rows = self.builds("batch_get_builds", ids=list(ids)[:_MOST_IDS]).get("builds", ())
        return [str(one["id"]) for one in rows if is_named(one, self._own(name)) and _is_open(one)]

    def tidy(self, name: str) -> None:
        if self.place.bucket:
            with self._rights("s3:DeleteObject"):
                self._s3("delete_object", Bucket=self.place.bucket, Key=self._key(name))

    def try_bucket(self) -> None:
        """Write a small object into the bucket of contexts, and remove it."""
        place = {"Bucket": self.place.bucket, "Key": self._key("check")}
        self._s3("put_object", **place, Body=b"")
        self._s3("delete_object", **place)

    def _variables(self, spec: BuildSpec, *, mark: str) -> list[dict[str, str]]:
        plain = {NAME: self._own(spec.name), MARK: mark}
        found = [{"name": key, "value": it, "type": "PLAINTEXT"} for key, it in plain.items()]
        if self.place.login_secret:
            secret = self.place.login_secret
            found.append({"name": LOGINS, "value": secret, "type": "SECRETS_MANAGER"})
        return found

    def _upload(self, context: Path, *, name: str, look: Callable[[], None]) -> dict[str, Any]:
        with packed(context, look=look, inside_zip=CONTEXT) as file, self._rights("s3:PutObject"):
            self._s3("put_object", Bucket=self.place.bucket, Key=self._key(name), Body=file)
        location = f"{self.place.bucket}/{self._key(name)}"
        return {"sourceTypeOverride": "S3", "sourceLocationOverride": location}

    def _own(self, name: str) -> str:
        return f"{self.place.installation}-{name}" if self.place.installation else name

    def _key(self, name: str) -> str:
        return f"mobula-builds/{self._own(name)}.zip"

    def _log_of(self, remote: str) -> CloudWatchLog:
        return self._logs_of.setdefault(remote, CloudWatchLog(self.logs))

    @contextmanager
    def _rights(self, right: str) -> Iterator[None]:
        """Name the right where AWS knows the credentials, but does not allow the call."""
        try:
            yield
        except ProviderError as error:
            found = told(error, right=right, project=self.place.project)
            if found is error:  # which keeps its own cause
                raise
            raise found from error


class _Bucket:
    """S3, whose uploads begin with the first byte when they are tried again."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def put_object(self, *, Body: Outgoing | bytes, **place: str) -> Any:  # noqa: N803 - its name
        if isinstance(Body, Outgoing):
            Body.seek(0)
        return self._client.put_object(Body=Body, **place)

    def delete_object(self, **place: str) -> Any:
        return self._client.delete_object(**place)


def told(error: ProviderError, *, right: str, project: str) -> ProviderError:
    """Return the error as whoever set up the builds understands it."""
    code = code_of(error)
    if code in NOT_ALLOWED:
        return BadCredentials(
            f"AWS does not allow {right} to the registry's credentials. Add it to their IAM "
            "policy: docs/aws.md has the policy of image builds."
        )
    if code == "ResourceNotFoundException" and right == "codebuild:StartBuild":
        return type(error)(
            f"AWS CodeBuild has no project {project} in this account and region. Create it, or "
            "correct the registry's page Builds."
        )
    return error


def _is_open(build: Mapping[str, Any]) -> bool:
    return build.get("buildStatus") == "IN_PROGRESS"
