"""The calls of Google Cloud Build by which an image is built."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from domain.cooldowns import FailureClass
from providers.builders.base import BuildSpec
from providers.builders.cloudbuild.calls import TITLE, GoogleCalls, status_of
from providers.builders.cloudbuild.log import CloudLog
from providers.builders.cloudbuild.order import order
from providers.builders.cloudbuild.place import CloudBuildPlace
from providers.builders.cloudbuild.reading import OPEN, progress_of
from providers.builders.remote.context import packed
from providers.builders.remote.refusals import refusal
from providers.builders.remote.service import Progress, RemoteLog
from providers.errors import InvalidRequest, ProviderError, Throttled

_MISSING = 404
_TRIES, _PAUSE_SECONDS = 3, 2.0
_MOST_FOUND, _MOST_PAGES = 20, 5


class CloudBuildService:
    """One project and region."""

    title = TITLE

    def __init__(self, place: CloudBuildPlace, *, log_every: float = 5.0) -> None:
        self.place = place
        self.calls = GoogleCalls(place.key, endpoint=place.endpoint)
        self.parent = f"projects/{place.project}/locations/{place.region}"
        self._log_every = log_every
        self._logs: dict[str, CloudLog] = {}

    def refusal(self, spec: BuildSpec) -> str:
        return refusal(
            spec,
            title=TITLE,
            own_host=spec.location.partition("/")[0],
            reaches_this_host=bool(self.place.endpoint),
            other_logins="Copy the base into the registry of the image",
            contexts="" if self.place.bucket else
            "Enter a Cloud Storage bucket for build contexts on the registry's page Builds",
        )  # fmt: skip

    def start(self, spec: BuildSpec, *, look: Callable[[], None]) -> str:
        source: dict[str, Any] = {}
        if spec.context:
            source = self._upload(spec.context, name=spec.name, look=look)
        mark = f"##{secrets.token_hex(8)}"
        name = self._own(spec.name)
        body = order(spec, self.place, name=name, mark=mark, source=source)
        for attempt in range(_TRIES):
            try:
                remote = self._create(body)
                if attempt:  # the list may not have had yet what a lost answer was about
                    self._stop_others(spec.name, remote)
                return remote
            except ProviderError as error:
                if error.failure_class is not FailureClass.TRANSIENT or attempt == _TRIES - 1:
                    raise
                time.sleep(_PAUSE_SECONDS * (attempt + 1))
                # Cloud Build has no tokens for questions asked twice: it may have been begun.
                if not isinstance(error, Throttled) and (found := self.find(spec.name)):
                    return found[0]
        raise AssertionError("unreachable")

    def _stop_others(self, name: str, remote: str) -> None:
        with contextlib.suppress(ProviderError):  # the registry's digest will tell them apart
            for other in self.find(name):
                if other != remote:
                    self.stop(other)

    def progress(self, remote: str) -> Progress | None:
        try:
            build = self.calls(
                lambda: self._builds().get(name=remote), right="cloudbuild.builds.get"
            )
        except InvalidRequest as error:
            if status_of(error) == _MISSING:
                return None
            raise
        self._log_of(remote).know(build)
        return progress_of(build)

    def log(self, remote: str) -> RemoteLog:
        self._logs.pop(remote, None)
        return self._log_of(remote)

    def stop(self, remote: str) -> None:
        try:
            self.calls(
                lambda: self._builds().cancel(name=remote, body={}),
                right="cloudbuild.builds.update",
            )
        except InvalidRequest:
            return  # it has ended already, or is gone

    def find(self, name: str) -> Sequence[str]:
        found: list[str] = []
        token = ""
        for _ in range(_MOST_PAGES):  # a page may be empty, and another one not
            answer = self._page(name, token)
            rows = [one for one in answer.get("builds", ()) if one.get("status") in OPEN]
            found += [f"{self.parent}/builds/{one['id']}" for one in rows]
            token = str(answer.get("nextPageToken", ""))
            if not token:
                break
        return found

    def _page(self, name: str, token: str) -> Any:
        wanted = {"filter": f'tags="{self._own(name)}"', "pageSize": _MOST_FOUND}
        more = {"pageToken": token} if token else {}
        return self.calls(
            lambda: self._builds().list(parent=self.parent, **wanted, **more),
            right="cloudbuild.builds.list",
        )

    def tidy(self, name: str) -> None:
        if not self.place.bucket:
            return
        objects = self.calls.client("storage").objects()
        try:
            self.calls(
                lambda: objects.delete(bucket=self.place.bucket, object=self._object(name)),
                right="storage.objects.delete",
            )
        except InvalidRequest as error:
            if status_of(error) != _MISSING:
                raise

    def try_bucket(self) -> None:
        """Write a small object into the bucket of contexts, and remove it."""
        self.calls.upload(self.place.bucket, self._object("check"), BytesIO(b""), size=0)
        self.tidy("check")

    def _create(self, body: dict[str, Any]) -> str:
        answer = self.calls(
            lambda: self._builds().create(
                parent=self.parent, projectId=self.place.project, body=body
            ),
            right="cloudbuild.builds.create",
            retries=0,
        )
        return f"{self.parent}/builds/{answer['metadata']['build']['id']}"

    def _upload(self, context: Path, *, name: str, look: Callable[[], None]) -> dict[str, Any]:
        place = {"bucket": self.place.bucket, "object": self._object(name)}
        with packed(context, look=look) as file:
            self.calls.upload(place["bucket"], place["object"], file, size=file.size)
        return {"source": {"storageSource": place}}

    def _builds(self) -> Any:
        return self.calls.client("cloudbuild").projects().locations().builds()

    def _log_of(self, remote: str) -> CloudLog:
        if remote not in self._logs:
            self._logs[remote] = CloudLog(self.calls, remote, every=self._log_every)
        return self._logs[remote]

    def _own(self, name: str) -> str:
        return f"{self.place.installation}-{name}" if self.place.installation else name

    def _object(self, name: str) -> str:
        return f"mobula-builds/{self._own(name)}.tar.gz"
