"""One repository of a registry: its manifests and blobs, whose digests are verified."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from providers.errors import BadCredentials, InvalidRequest, Unreachable
from providers.oci.logins import Login, Password
from providers.oci.transport import SECONDS, Answer, Transport, is_safe, scheme_of

INDEXES = frozenset({
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
})  # fmt: skip
MANIFESTS = frozenset({
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
})  # fmt: skip
MOST_MANIFEST_BYTES = 4 * 2**20  # what registries take at most
MOST_CONFIG_BYTES = 2**20
_MOST_TOKEN_BYTES = 256 * 1024
_HUB, _HUB_HOST = "docker.io", "registry-1.docker.io"
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_NOT_SHOWN = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


class NoSuchImage(InvalidRequest):
    """The registry has no such image, or shows it to others only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A manifest or an index, by the digest of just these bytes."""

    digest: str
    media_type: str
    content: Mapping[str, Any]


class RegistryClient:
    """Reads one repository; all its requests together take at most `seconds`."""

    def __init__(
        self,
        host: str,
        repository: str,
        *,
        login: Login | None = None,
        ca: str = "",
        seconds: float = SECONDS,
    ) -> None:
        self.host, self.repository = host, repository
        self._login = login or Password()
        self._transport = Transport(host=host, ca=ca, seconds=seconds)
        self._authorization = ""

    @property
    def base(self) -> str:
        host = _HUB_HOST if self.host == _HUB else self.host
        return f"{scheme_of(host)}://{host}/v2/"

    def sign_in(self) -> None:
        """Ask whether the registry accepts the login; raises `ProviderError` subclasses."""
        answer = self._get(self.base, {}, most_bytes=_MOST_TOKEN_BYTES)
        if answer.status in _NOT_SHOWN:
            raise self._refused()
        if answer.status != HTTPStatus.OK:
            raise InvalidRequest(
                f"{self.host} answered {answer.status}: it does not seem to be a container "
                "registry. Check the host and its port."
            )

    def digest_of(self, reference: str) -> str:
        """Return the digest that a tag has now; "" where there is no such tag any more."""
        answer = self._get(self._manifest_url(reference), _accepting(), most_bytes=0, method="HEAD")
        if answer.status == HTTPStatus.NOT_FOUND:
            return ""
        self._check(answer, reference)
        digest = str(answer.headers.get("Docker-Content-Digest", ""))
        return digest if _DIGEST.fullmatch(digest) else self.manifest(reference).digest

    def manifest(self, reference: str) -> Manifest:
        """Return what a tag or a digest means; its digest is that of the bytes that came."""
        url = self._manifest_url(reference)
        answer = self._get(url, _accepting(), most_bytes=MOST_MANIFEST_BYTES)
        self._check(answer, reference)
        digest = _digest(answer.body)
        told = str(answer.headers.get("Docker-Content-Digest", "")) or digest
        wanted = reference if reference.startswith("sha256:") else told
        if not digest == told == wanted:
            raise self._wrong_digest(reference)
        content = self._json(answer.body)
        media_type = str(content.get("mediaType") or answer.headers.get("Content-Type", ""))
        media_type = media_type.partition(";")[0].strip()
        if media_type not in INDEXES | MANIFESTS:
            raise InvalidRequest(
                f"{self.host}/{self.repository} is no image that nodes can run: its type is "
                f"'{media_type or 'unknown'}'. Push it again with a current Docker."
            )
        return Manifest(digest=digest, media_type=media_type, content=content)

    def config(self, digest: str) -> Mapping[str, Any]:
        """Return the configuration of an image: its labels, environment, and creation."""
        if not _DIGEST.fullmatch(digest):
            raise InvalidRequest(
                f"{self.host}/{self.repository} names no configuration by SHA-256."
            )
        url = f"{self.base}{self.repository}/blobs/{digest}"
        answer = self._get(url, {}, most_bytes=MOST_CONFIG_BYTES)
        self._check(answer, digest)
        if _digest(answer.body) != digest:
            raise self._wrong_digest(digest)
        return self._json(answer.body)

    def _manifest_url(self, reference: str) -> str:
        return f"{self.base}{self.repository}/manifests/{reference}"

    def _get(
        self, url: str, headers: Mapping[str, str], *, most_bytes: int, method: str = "GET"
    ) -> Answer:
        answer = self._transport.ask(
            url, self._signed(headers), most_bytes=most_bytes, method=method
        )
        if answer.status != HTTPStatus.UNAUTHORIZED or self._authorization:
            return answer
        self._authorization = self._answer_to(str(answer.headers.get("WWW-Authenticate", "")))
        if not self._authorization:
            return answer
        return self._transport.ask(url, self._signed(headers), most_bytes=most_bytes, method=method)

    def _signed(self, headers: Mapping[str, str]) -> dict[str, str]:
        more = {"Authorization": self._authorization} if self._authorization else {}
        return {**headers, **more}

    def _answer_to(self, challenge: str) -> str:
        """Return the header that answers a challenge; "" where nobody is known to sign in as."""
        scheme, _, rest = challenge.partition(" ")
        known = self._login.password()
        basic = f"Basic {base64.b64encode(known.encode()).decode()}" if known else ""
        if scheme.lower() == "basic":
            return basic
        if scheme.lower() != "bearer":
            raise InvalidRequest(
                f"The registry {self.host} signs in by '{scheme}', which Mobula does not know."
            )
        return self._token(dict(_PARAMETER.findall(rest)), basic)

    def _token(self, parameters: Mapping[str, str], basic: str) -> str:
        realm = parameters.get("realm", "")
        # The credentials go there: never in clear over a network.
        if not is_safe(realm, like=self.host):
            raise InvalidRequest(f"The token service of {self.host} does not use HTTPS.")
        query = {"service": parameters["service"]} if parameters.get("service") else {}
        if self.repository:
            query["scope"] = f"repository:{self.repository}:pull"
        headers = {"Authorization": basic} if basic else {}
        joint = "&" if "?" in realm else "?"
        answer = self._transport.ask(
            f"{realm}{joint}{urlencode(query)}", headers, most_bytes=_MOST_TOKEN_BYTES
        )
        if answer.status in _NOT_SHOWN:
            raise self._refused()
        if answer.status != HTTPStatus.OK:
            raise Unreachable(f"The token service of {self.host} answered {answer.status}.")
        content = self._json(answer.body)
        token = content.get("token") or content.get("access_token")
        if not isinstance(token, str) or not token.isprintable() or not token.isascii():
            raise Unreachable(f"The token service of {self.host} gave no token.")
        return f"Bearer {token}"

    def _check(self, answer: Answer, reference: str) -> None:
        if answer.status == HTTPStatus.OK:
            return
        if answer.status in _NOT_SHOWN:
            raise self._refused()
        if answer.status == HTTPStatus.NOT_FOUND:
            joint = "@" if reference.startswith("sha256:") else ":"
            raise NoSuchImage(
                f"{self.host} has no image {self.repository}{joint}{reference}. Check the "
                "repository and the tag, or push the image."
            )
        raise InvalidRequest(f"{self.host} answered {answer.status} for {self.repository}.")

    def _refused(self) -> BadCredentials:
        what = f" for {self.repository}" if self.repository else ""
        if self._login.password():
            return BadCredentials(
                f"{self.host} does not accept the credentials{what}. Check those of its registry."
            )
        return BadCredentials(
            f"{self.host} asks who pulls{what}. Add a registry for {self.host} with credentials."
        )

    def _wrong_digest(self, reference: str) -> InvalidRequest:
        return InvalidRequest(
            f"What {self.host} sent for {self.repository} ({reference}) does not have the digest "
            "that it names. It may have been altered on its way: do not use it."
        )

    def _json(self, body: bytes) -> Mapping[str, Any]:
        try:
            content = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise Unreachable(f"{self.host} answered with something that is not JSON.") from error
        if not isinstance(content, dict):
            raise Unreachable(f"{self.host} answered with something that is no JSON object.")
        return content


def _accepting() -> dict[str, str]:
    return {"Accept": ", ".join(sorted(INDEXES | MANIFESTS))}


def _digest(body: bytes) -> str:
    return f"sha256:{sha256(body).hexdigest()}"
