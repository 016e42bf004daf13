"""Calls of Google's services as one service account: limits, retries, errors."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any, Protocol

from providers.errors import BadCredentials, InvalidRequest, ProviderError, Throttled, Unreachable
from providers.gcp.errors import named

TITLE = "Google Cloud Build"
TIMEOUT_SECONDS, UPLOAD_SECONDS, RETRIES = 10, 120, 2
PAUSE_SECONDS = 1.0
_SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]
_TOKENS = "https://oauth2.googleapis.com/token"
_VERSIONS = {"cloudbuild": "v1", "logging": "v2", "storage": "v1"}
_PATHS = {"cloudbuild": "/", "logging": "/", "storage": "/storage/v1/"}
_WRONG, _UNAUTHORIZED, _FORBIDDEN, _MISSING = 400, 401, 403, 404
_TOO_MANY, _SERVER_ERROR = 429, 500


class Sent(Protocol):
    """What is sent, from its first byte on."""

    def read(self, size: int = -1, /) -> bytes: ...
    def seek(self, offset: int, whence: int = 0, /) -> int: ...
    def tell(self) -> int: ...


class GoogleCalls:
    """The clients of one service account: each is opened once, when it is first needed."""

    def __init__(self, key: Mapping[str, Any], *, endpoint: str = "") -> None:
        self._key, self._endpoint = key, endpoint.rstrip("/")
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """Return the client of a service; raises `BadCredentials` for a key that is none."""
        if service not in self._clients:
            self._clients[service] = self._open(service)
        return self._clients[service]

    def __call__(self, request: Callable[[], Any], *, right: str, retries: int = RETRIES) -> Any:
        """Return the answer of a request; raises only `ProviderError` and its subclasses."""
        asked = request()
        try:
            with named(TITLE):
                return asked.execute(num_retries=retries)
        except ProviderError as error:
            found = told(error, right=right)
            if found is error:  # which keeps its own cause
                raise
            raise found from error

    def upload(self, bucket: str, name: str, content: Sent, *, size: int) -> None:
        """Write an object of `size` bytes; written again, it is the same one."""
        for attempt in range(RETRIES + 1):
            try:
                content.seek(0)
                self._upload(bucket, name, content, size=size)
                return
            except Unreachable:
                if attempt == RETRIES:
                    raise
                time.sleep(PAUSE_SECONDS * (attempt + 1))

    def _upload(self, bucket: str, name: str, content: Sent, *, size: int) -> None:
        from urllib.parse import urlencode

        root = self._endpoint or "https://storage.googleapis.com"
        query = urlencode({"uploadType": "media", "name": name})
        url = f"{root}/upload/storage/v1/b/{bucket}/o?{query}"
        client = self._authorized(UPLOAD_SECONDS)
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
        with closing(client), named("Google Cloud Storage"):
            response, _ = client.request(url, "POST", body=content, headers=headers)
        if response.status == _FORBIDDEN:
            raise BadCredentials(_denied("storage.objects.create"))
        if response.status == _MISSING:
            raise InvalidRequest(f"There is no bucket {bucket}. Create it, or correct it.")
        if response.status == _UNAUTHORIZED:
            raise _not_accepted()
        if response.status == _TOO_MANY or response.status >= _SERVER_ERROR:
            raise Unreachable(f"Google Cloud Storage answered {response.status}. Try again later.")
        if response.status >= _WRONG:
            raise InvalidRequest(
                f"Google Cloud Storage rejected the build context ({response.status}). Check the "
                f"bucket {bucket}."
            )

    def _authorized(self, seconds: float) -> Any:
        import httplib2
        from google.oauth2 import service_account
        from google_auth_httplib2 import AuthorizedHttp

        # The key names who gives tokens: nobody but Google is asked, whatever it says.
        info = {**self._key, **({} if self._endpoint else {"token_uri": _TOKENS})}
        read: Any = service_account.Credentials.from_service_account_info
        try:
            found = read(info, scopes=_SCOPES)
        except (ValueError, KeyError) as error:
            raise BadCredentials(
                "The registry's service account key cannot be used. Enter it again."
            ) from error
        return AuthorizedHttp(found, http=httplib2.Http(timeout=seconds))

    def _open(self, service: str) -> Any:
        from googleapiclient.discovery import build

        address = f"{self._endpoint}{_PATHS[service]}" if self._endpoint else None
        return build(
            service,
            _VERSIONS[service],
            http=self._authorized(TIMEOUT_SECONDS),
            client_options={"api_endpoint": address} if address else None,
            cache_discovery=False,
            static_discovery=True,
        )


def status_of(error: BaseException | None) -> int:
    """Return the status of the answer that an error came of; 0 where there was none."""
    seen = error
    while seen is not None:
        if (response := getattr(seen, "resp", None)) is not None:
            return int(response.status)
        seen = seen.__cause__
    return 0


def told(error: ProviderError, *, right: str) -> ProviderError:
    """Return the error as whoever set up the builds understands it."""
    status = status_of(error)
    if status == _FORBIDDEN and not isinstance(error, Throttled):
        return BadCredentials(_denied(right))
    if isinstance(error, BadCredentials):
        return _not_accepted()
    if status == _MISSING and right == "cloudbuild.builds.create":
        return InvalidRequest(
            f"{TITLE} has no such project or region, or its API is not enabled. Correct the "
            "registry's page Builds."
        )
    return error


def _not_accepted() -> BadCredentials:
    return BadCredentials(
        f"{TITLE} does not accept the registry's service account key. Enter a new one."
    )


def _denied(right: str) -> str:
    return (
        f"Google does not allow {right} to the registry's service account, or the API is not "
        "enabled in the project. docs/images.md lists the roles that builds take."
    )
