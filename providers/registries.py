"""Short-lived tokens with which a machine pulls one image from its registry.

The protocol is that of Docker's registries: a registry names its token service in the challenge of
its first answer, and the service gives a token for one repository to those with an account.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from providers.base import BadCredentials, InvalidRequest, Unreachable
from providers.oci.transport import Answer, Transport, is_safe, scheme_of

# For all requests of one question together: a machine waits for the answer, and asks again.
TIMEOUT_SECONDS = 4.0
_MOST_BYTES = 256 * 1024
_HUB = "docker.io"
_HUB_HOST = "registry-1.docker.io"
_LOGIN_OF_HUB = "https://index.docker.io/v1/"
_MANIFESTS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Repository:
    """Where an image is: `host` as the image names it, and its name there."""

    host: str
    name: str

    @property
    def base(self) -> str:
        """The address of the registry's API; plain HTTP only for one on this host."""
        host = _HUB_HOST if self.host == _HUB else self.host
        return f"{scheme_of(host)}://{host}/v2/"

    @property
    def login(self) -> str:
        """Under which key Docker keeps a login to it."""
        return _LOGIN_OF_HUB if self.host == _HUB else self.host


@dataclass(frozen=True, slots=True)
class PullToken:
    """A token for one repository, empty where everybody may pull."""

    token: str = field(repr=False)
    seconds: float


def repository_of(image: str) -> Repository:
    """Return where an image such as "registry.example.org/team/ray:2" is."""
    name = image.partition("@")[0]
    first, slash, rest = name.partition("/")
    is_host = slash and ("." in first or ":" in first or first == "localhost")
    host, path = (first, rest) if is_host else (_HUB, name)
    head, _, last = path.rpartition("/")
    path = f"{head}/{last.partition(':')[0]}".lstrip("/")
    return Repository(host, path if "/" in path or is_host else f"library/{path}")


def pull_token(repository: Repository, *, credentials: str, ca: str = "") -> PullToken:
    """Return a token to pull from `repository`, requested with "USER:PASSWORD" or by nobody ("").

    `ca` is a PEM certificate to trust besides the host's own. Raises Unreachable, Throttled,
    BadCredentials, or InvalidRequest where the registry has no such tokens or cannot be trusted.
    """
    transport = _transport(repository, ca=ca)
    challenge = _challenge(repository, transport)
    if challenge is None:
        return PullToken("", 60.0)
    scope = f"repository:{repository.name}:pull"
    query = {"scope": scope}
    if service := challenge.get("service"):
        query["service"] = service
    basic = base64.b64encode(credentials.encode()).decode()
    header = {"Authorization": f"Basic {basic}"} if credentials else {}
    realm = challenge["realm"]
    joint = "&" if "?" in realm else "?"
    # Credentials are for whom they were sent to, and nobody else.
    answer = transport.ask(
        f"{realm}{joint}{urlencode(query)}", header, most_bytes=_MOST_BYTES, is_redirected=False
    )
    if answer.status in {401, 403}:
        raise BadCredentials(
            f"{repository.host} does not accept the credentials for {repository.name}. "
            "Check those of its registry, or MOBULA_REGISTRY_CREDENTIALS."
        )
    if answer.status != 200:
        raise Unreachable(f"The token service of {repository.host} answered {answer.status}.")
    return _read(answer.body, repository)


def manifest_status(repository: Repository, image: str, *, token: str, ca: str = "") -> int:
    """Return what the registry answers when it is asked whether it has the image: 200 if so.

    Raises Unreachable, Throttled, or InvalidRequest where it cannot be trusted.
    """
    _, at, digest = image.partition("@")
    last = image.partition("@")[0].rpartition("/")[2]
    reference = digest if at else last.partition(":")[2] or "latest"
    headers = {"Accept": ", ".join(_MANIFESTS)}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    url = f"{repository.base}{repository.name}/manifests/{reference}"
    transport = _transport(repository, ca=ca)
    return transport.ask(url, headers, most_bytes=_MOST_BYTES, method="HEAD").status


def _transport(repository: Repository, *, ca: str) -> Transport:
    return Transport(host=repository.host, ca=ca, seconds=TIMEOUT_SECONDS)


def _challenge(repository: Repository, transport: Transport) -> Mapping[str, str] | None:
    """Return what the registry demands of those who pull; None: nothing."""
    answer: Answer = transport.ask(repository.base, {}, most_bytes=_MOST_BYTES)
    if answer.status == 200:
        return None
    if answer.status != 401:
        raise Unreachable(f"The registry {repository.host} answered {answer.status}.")
    scheme, _, rest = str(answer.headers.get("WWW-Authenticate", "")).partition(" ")
    parameters = dict(_PARAMETER.findall(rest))
    realm = parameters.get("realm", "")
    if scheme.lower() != "bearer" or not urlsplit(realm).hostname:
        raise InvalidRequest(
            f"The registry {repository.host} has no short-lived tokens. Use one that has, such as "
            "Docker's own or Harbor, or one that the machine's role can pull from."
        )
    # The credentials go there: never in clear over a network, and never to a port of this host.
    if not is_safe(realm, like=transport.host):
        raise InvalidRequest(f"The token service of {repository.host} does not use HTTPS.")
    return parameters


def _read(content: bytes, repository: Repository) -> PullToken:
    try:
        answer = json.loads(content)
        token = str(answer.get("token") or answer["access_token"])
        return PullToken(token, float(answer.get("expires_in") or 60.0))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreachable(f"The token service of {repository.host} gave no token.") from error
