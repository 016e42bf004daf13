"""Where and as whom Google Cloud Build builds, read and checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

# The forms that Google's references of projects, service accounts and buckets give.
_PROJECT = re.compile(r"(?:[a-z0-9.-]{1,60}:)?[a-z][a-z0-9-]{4,28}[a-z0-9]")
_REGION = re.compile(r"global|[a-z]+-[a-z]+\d{1,2}")
_ACCOUNT = re.compile(r"[a-z0-9-]{1,63}@[a-z0-9.-]{1,190}\.gserviceaccount\.com")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]")


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudBuildPlace:
    """A project and region; `key` is the JSON key of the account that asks for builds."""

    project: str
    region: str
    service_account: str  # as whom builds run
    bucket: str = ""  # of Cloud Storage, for the context of builds
    key: Mapping[str, Any] = field(default_factory=dict, repr=False)
    installation: str = ""  # whose builds these are: several may share a project
    endpoint: str = ""  # URL that answers for all services; tests and emulators have one


def wrong_place(values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield what Cloud Build would refuse, by field."""
    project, region = values.get("project", ""), values.get("region", "")
    account, bucket = values.get("service_account", ""), values.get("bucket", "")
    if not _PROJECT.fullmatch(project):
        yield "project", f"“{project}” is not the ID of a project. Use one such as acme-ml-1234."
    if not _REGION.fullmatch(region):
        yield "region", f"“{region}” is not a region. Use one such as europe-west4, or global."
    if not _ACCOUNT.fullmatch(account):
        why = "is not the address of a service account. Use one such as"
        yield "service_account", f"“{account}” {why} builds@acme.iam.gserviceaccount.com."
    if bucket and not _BUCKET.fullmatch(bucket):
        yield "bucket", f"“{bucket}” is not the name of a bucket. Use one such as acme-builds."
