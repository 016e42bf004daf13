"""What passes the proxy and what does not: values in, values out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

type Headers = Sequence[tuple[bytes, bytes]]

# Of one connection, and never passed on: RFC 9110, 7.6.1.
HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-connection",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
# Mobula's cookies and tokens are none of JupyterLab's business; who asks is decided here.
_KEPT_FROM_UPSTREAM = HOP_BY_HOP | {
    b"authorization",
    b"cookie",
    b"expect",
    b"forwarded",
    b"host",
    b"origin",
    b"referer",
    b"x-real-ip",
    b"x-scheme",
}
_SAID_BY_PROXIES = (b"x-forwarded-", b"x-original-")
# JupyterLab may set nothing that outlives its answers, or that speaks for this origin.
_KEPT_FROM_BROWSERS = HOP_BY_HOP | {
    b"accept-ch",
    b"access-control-allow-credentials",
    b"access-control-allow-headers",
    b"access-control-allow-methods",
    b"access-control-allow-origin",
    b"alt-svc",
    b"clear-site-data",
    b"date",
    b"nel",
    b"origin-agent-cluster",
    b"report-to",
    b"reporting-endpoints",
    b"server",
    b"service-worker-allowed",
    b"set-cookie",
    b"strict-transport-security",
    b"x-content-type-options",
    b"x-frame-options",
}
_OF_A_HANDSHAKE = frozenset(
    {
        b"sec-websocket-accept",
        b"sec-websocket-extensions",
        b"sec-websocket-protocol",
    }
)
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Pages of other workspaces may set cookies of this name for a shared parent domain.
_MOST_COOKIES = 8


def sent_up(headers: Headers, *, netloc: str, token: str) -> list[tuple[bytes, bytes]]:
    """Return the headers of a request as JupyterLab gets them."""
    dropped = _KEPT_FROM_UPSTREAM | _named_by_connection(headers)
    if _value(headers, b"transfer-encoding"):
        dropped |= {b"content-length"}  # it does not count then: RFC 9112, 6.3
    kept = [
        (name.lower(), value)
        for name, value in headers
        if name.lower() not in dropped and not name.lower().startswith(_SAID_BY_PROXIES)
    ]
    return [
        (b"host", netloc.encode("ascii")),
        (b"authorization", f"token {token}".encode("ascii")),
        *kept,
    ]


def sent_down(headers: Headers, *, origin: str, upstream: str) -> list[tuple[bytes, bytes]]:
    """Return the headers of an answer as the browser gets them."""
    dropped = _KEPT_FROM_BROWSERS | _named_by_connection(headers)
    if is_page(headers):
        dropped |= {b"content-length"}  # the token is taken out of it
    kept = [
        (name.lower(), _moved(value, upstream, origin) if name.lower() == b"location" else value)
        for name, value in headers
        if name.lower() not in dropped
    ]
    return [*kept, *closed(origin)]


def is_page(headers: Headers) -> bool:
    """Return whether an answer is HTML: JupyterLab writes its token into its pages."""
    return _value(headers, b"content-type").strip().lower().startswith("text/html")


def closed(origin: str) -> list[tuple[bytes, bytes]]:
    """Return the headers that close the origin of a workspace to the others, and others to it."""
    return [
        # Beside JupyterLab's own policy: browsers enforce both.
        (b"content-security-policy", policy(origin).encode("ascii")),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"referrer-policy", b"same-origin"),
        (b"x-content-type-options", b"nosniff"),
    ]


def policy(origin: str) -> str:
    """Return what pages of a workspace may do: everything in its own origin, nothing elsewhere.

    Outputs of notebooks are scripts of their own, so these are allowed; that they cannot act in
    Mobula is because of the origin, and because they can request nothing of another one. No policy
    keeps a page from leading the browser to another address.
    """
    sockets = origin.replace("http", "ws", 1)
    return "; ".join(
        [
            "default-src 'self'",
            "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "media-src 'self' data: blob:",
            "font-src 'self' data:",
            f"connect-src 'self' {sockets} data: blob:",
            "worker-src 'self' blob:",
            "frame-src 'self' data: blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        ]
    )


def handshake(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Return what of an upstream's 101 the browser gets."""
    kept = [(name.lower(), value) for name, value in headers if name.lower() in _OF_A_HANDSHAKE]
    return [(b"upgrade", b"websocket"), (b"connection", b"Upgrade"), *kept]


def is_foreign(method: str, headers: Headers, *, origin: str, socket: bool = False) -> bool:
    """Return whether another origin's page sends the request, or might.

    JupyterLab asks requests with a token for nothing else, so this is its protection against
    forged requests; other workspaces may be of the same site.
    """
    said = _value(headers, b"origin")
    if said and said != origin:
        return True
    if socket or method not in _SAFE_METHODS:
        return not said
    site, mode = _value(headers, b"sec-fetch-site"), _value(headers, b"sec-fetch-mode")
    return site in {"cross-site", "same-site"} and mode != "navigate"


def cookies_of(headers: Headers, name: str) -> list[str]:
    """Return the values of the cookies of that name, which may be somebody else's making."""
    texts = [value.decode("latin-1") for key, value in headers if key.lower() == b"cookie"]
    words = [word.strip().partition("=") for text in texts for word in text.split(";")]
    return [value for key, _, value in words if key == name][:_MOST_COOKIES]


def host_of(headers: Headers) -> str:
    """Return the host that was asked, with its port."""
    return _value(headers, b"host")


def _value(headers: Headers, name: bytes) -> str:
    return next((v.decode("latin-1") for k, v in headers if k.lower() == name), "")


def _moved(location: bytes, upstream: str, origin: str) -> bytes:
    text = location.decode("latin-1")
    parts = urlsplit(text)
    if parts.netloc and parts.netloc == urlsplit(upstream).netloc:
        text = origin + parts._replace(scheme="", netloc="").geturl()
    return text.encode("latin-1")


def _named_by_connection(headers: Iterable[tuple[bytes, bytes]]) -> frozenset[bytes]:
    listed = [value for name, value in headers if name.lower() == b"connection"]
    return frozenset(word.strip().lower() for value in listed for word in value.split(b","))
