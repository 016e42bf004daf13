"""Single requests to a registry: bounded in time, size and number, and never in clear."""

from __future__ import annotations

import http.client
import random
import re
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

from providers.errors import InvalidRequest, Throttled, Unreachable

SECONDS = 10.0  # for all requests of one client together
MOST_ATTEMPTS, MOST_REDIRECTS = 3, 3
FIRST_PAUSE_SECONDS = 0.25
_LOOPBACK = re.compile(r"127(?:\.\d{1,3}){3}")
_CHUNK = 64 * 1024
_SERVER_ERROR = 500
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a registry answered; header names are found in any case."""

    status: int
    headers: Message
    body: bytes = b""


@dataclass(slots=True, kw_only=True)
class Transport:
    """Requests to one registry, within `seconds` from the first one.

    `ca` is a PEM certificate to trust besides the host's own, "" for none.
    """

    host: str
    ca: str = field(default="", repr=False)
    seconds: float = SECONDS
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _ends: float = field(default=0.0, init=False)

    def ask(
        self,
        url: str,
        headers: Mapping[str, str],
        *,
        most_bytes: int,
        method: str = "GET",
        is_redirected: bool = True,
    ) -> Answer:
        """Return the answer, whatever its status; what only wants patience is tried again.

        Redirects are followed, unless told not to: without the credentials where they lead to
        another host. Raises
        `Unreachable`, `Throttled`, or `InvalidRequest` where it cannot be trusted or is too big.
        """
        self._ends = self._ends or self.clock() + self.seconds
        own, sent = urlsplit(url).netloc, dict(headers)
        for _ in range(MOST_REDIRECTS + 1):
            answer = self._patiently(url, sent, most_bytes=most_bytes, method=method)
            if answer.status not in _REDIRECTS or not is_redirected:
                return answer
            url = urljoin(url, answer.headers.get("Location", ""))
            if not is_safe(url, like=self.host):
                raise InvalidRequest(
                    f"The registry {self.host} redirects to a place without HTTPS."
                )
            if urlsplit(url).netloc != own:
                sent.pop("Authorization", None)
        raise InvalidRequest(
            f"The registry {self.host} redirects more than {MOST_REDIRECTS} times."
        )

    def _patiently(
        self, url: str, headers: Mapping[str, str], *, most_bytes: int, method: str
    ) -> Answer:
        for attempt in range(1, MOST_ATTEMPTS + 1):
            is_last = attempt == MOST_ATTEMPTS
            pause = FIRST_PAUSE_SECONDS * 2**attempt * random.uniform(0.5, 1)  # noqa: S311
            try:
                answer = self._once(url, headers, most_bytes=most_bytes, method=method)
            except Unreachable:
                if is_last or not self._can_wait(pause):
                    raise
            else:
                if not _passes(answer.status):
                    return answer
                pause = max(pause, _retry_after(answer.headers))
                if is_last or not self._can_wait(pause):
                    raise self._refusal(answer)
            self.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def _can_wait(self, pause: float) -> bool:
        return self.clock() + pause < self._ends

    def _refusal(self, answer: Answer) -> Throttled | Unreachable:
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            seconds = round(_retry_after(answer.headers))
            when = f"in {seconds} seconds" if seconds else "in a few minutes"
            return Throttled(f"The registry {self.host} limits how often it is asked. Try {when}.")
        return Unreachable(
            f"The registry {self.host} answered {answer.status}. Try again in a few minutes."
        )

    def _once(
        self, url: str, headers: Mapping[str, str], *, most_bytes: int, method: str
    ) -> Answer:
        left = self._ends - self.clock()
        if left <= 0:
            raise self._too_slow()
        request = urllib.request.Request(url, headers=dict(headers), method=method)  # noqa: S310
        try:
            with self._opener(url).open(request, timeout=left) as answer:
                body = b"" if method == "HEAD" else self._read(answer, most_bytes)
                return Answer(status=answer.status, headers=answer.headers, body=body)
        except urllib.error.HTTPError as error:
            with error:
                return Answer(status=error.code, headers=error.headers)
        except urllib.error.URLError as error:
            raise self._as_error(error.reason) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self._as_error(error) from error

    def _read(self, answer: http.client.HTTPResponse, most_bytes: int) -> bytes:
        """Return the body; a registry that sends a byte now and then is not waited for."""
        parts: list[bytes] = []
        size = 0
        while part := answer.read1(_CHUNK):
            size += len(part)
            if size > most_bytes:
                raise InvalidRequest(
                    f"The registry {self.host} answered with more than {most_bytes // 1024} KiB."
                )
            if self.clock() > self._ends:
                raise self._too_slow()
            parts.append(part)
        return b"".join(parts)

    def _opener(self, url: str) -> urllib.request.OpenerDirector:
        handlers: list[urllib.request.BaseHandler] = [_NoRedirect()]
        if urlsplit(url).scheme == "http":
            handlers.append(urllib.request.ProxyHandler({}))
        else:
            handlers.append(urllib.request.HTTPSHandler(context=trusting(self.ca)))
        return urllib.request.build_opener(*handlers)

    def _as_error(self, error: object) -> Unreachable | InvalidRequest:
        if isinstance(error, ssl.SSLCertVerificationError):
            return InvalidRequest(
                f"The certificate of the registry {self.host} is not trusted "
                f"({error.verify_message}). Add the certificate of its authority to the registry."
            )
        if isinstance(error, TimeoutError):
            return self._too_slow()
        if isinstance(error, ssl.SSLError):
            return Unreachable(
                f"The registry {self.host} makes no TLS connection ({error.reason or 'it ended'}). "
                "Check its port."
            )
        return Unreachable(
            f"The registry {self.host} does not answer. Check its name, and that Mobula reaches it."
        )

    def _too_slow(self) -> Unreachable:
        return Unreachable(f"The registry {self.host} did not answer within {self.seconds:g} s.")


def trusting(ca: str) -> ssl.SSLContext:
    """Return what trusts the host's own authorities and `ca`; raises `InvalidRequest`."""
    try:
        context = ssl.create_default_context()
        if ca:
            context.load_verify_locations(cadata=ca)
    except (ssl.SSLError, ValueError) as error:
        raise InvalidRequest(
            "This is not a certificate. Paste the PEM text from -----BEGIN CERTIFICATE----- to "
            "-----END CERTIFICATE-----."
        ) from error
    return context


def scheme_of(host: str) -> str:
    """Return how a registry is spoken to: in clear only on this host."""
    return "http" if _is_loopback(urlsplit(f"//{host}").hostname or "") else "https"


def is_safe(url: str, *, like: str) -> bool:
    """Return whether credentials, or requests, may go there from the registry `like`."""
    parts = urlsplit(url)
    if not parts.hostname or parts.username:
        return False
    if parts.scheme == "https":
        return True
    here = scheme_of(like) == "http"
    return parts.scheme == "http" and here and _is_loopback(parts.hostname)


def _is_loopback(name: str) -> bool:
    return name in {"localhost", "::1"} or bool(_LOOPBACK.fullmatch(name))


def _passes(status: int) -> bool:
    return status == HTTPStatus.TOO_MANY_REQUESTS or status >= _SERVER_ERROR


def _retry_after(headers: Message) -> float:
    """Return for how many seconds the registry wants nobody to come back; 0.0: it does not say."""
    text = str(headers.get("Retry-After", "")).strip()
    return float(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0.0


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Where it leads is decided above."""

    def redirect_request(self, *_: object) -> None:
        return None
