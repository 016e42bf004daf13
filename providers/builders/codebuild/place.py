"""Where and as whom AWS CodeBuild builds, read and checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

# The pattern of the CodeBuild API reference; ids of builds are longer, and must fit a column.
_PROJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{1,149}")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_SECRET = re.compile(r"[\w/+=.@:-]{1,512}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeBuildPlace:
    """A project in one region; `credentials` by field as those of an AWS account."""

    project: str
    region: str
    bucket: str = ""  # of S3, for the context of builds
    login_secret: str = ""  # of Secrets Manager: a Docker configuration with other registries
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    installation: str = ""  # whose builds these are: several may share a project
    endpoint: str = ""  # URL that answers for all services; tests and emulators have one


def wrong_place(values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield what CodeBuild would refuse, by field."""
    project, bucket = values.get("project", ""), values.get("bucket", "")
    secret = values.get("login_secret", "")
    if not _PROJECT.fullmatch(project):
        why = "is not the name of a CodeBuild project. Use one such as mobula-images."
        yield "project", f"“{project}” {why}"
    if bucket and not _BUCKET.fullmatch(bucket):
        yield "bucket", f"“{bucket}” is not the name of an S3 bucket. Use one such as my-builds."
    if secret and not _SECRET.fullmatch(secret):
        why = "is not the name or ARN of a secret. Use one such as mobula/docker-config."
        yield "login_secret", f"“{secret}” {why}"
