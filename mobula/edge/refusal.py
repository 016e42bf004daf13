"""The guard's own answers: JSON for agents, a page in the product's look for browsers."""

from __future__ import annotations

import json
from functools import cache

from django.template.loader import render_to_string

from mobula.edge.asgi import Message
from mobula.edge.limits import AGENT_PATHS

TITLES = {
    400: "Request not understood",
    401: "Unknown token",
    408: "Request took too long",
    413: "Too much data",
    429: "Too many requests",
    431: "Headers too large",
    503: "Temporarily unavailable",
}
_POLICY = (
    b"default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'"
)


class Refusal(Exception):
    """The request goes no further; the message is for whoever sent it."""

    def __init__(self, status: int, sentence: str, *, retry_after: float | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.retry_after = retry_after

    def messages(self, path: str) -> tuple[Message, Message]:
        """Return the ASGI messages of the answer, which ends the connection."""
        agent = path.startswith(AGENT_PATHS)
        body = json.dumps({"error": self.sentence}).encode() if agent else _page(self)
        media = b"application/json" if agent else b"text/html; charset=utf-8"
        headers = [
            (b"content-type", media),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            (b"content-security-policy", _POLICY),
            (b"connection", b"close"),
        ]
        if self.retry_after is not None:
            headers.append((b"retry-after", str(max(1, round(self.retry_after))).encode()))
        start = {"type": "http.response.start", "status": self.status, "headers": headers}
        return start, {"type": "http.response.body", "body": body}


class Gone(Exception):
    """The client has closed its connection: nobody waits for an answer."""


def _page(refusal: Refusal) -> bytes:
    return _rendered(TITLES[refusal.status], refusal.sentence)


@cache  # the sentences are few, and an attack asks for them often
def _rendered(title: str, sentence: str) -> bytes:
    return render_to_string("refused.html", {"title": title, "text": sentence}).encode()
