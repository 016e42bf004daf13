"""What the proxy says itself: pages without scripts, pictures or anything of Mobula's."""

from __future__ import annotations

from html import escape
from uuid import UUID

from django.conf import settings

from mobula.edge.asgi import Message

POLICY = b"default-src 'none'; frame-ancestors 'none'"
GONE = "This workspace does not exist, or it is not open in this browser. Open it from its page."
FOREIGN = "The request came from another site. Open the workspace from its page."
BUSY = "Too many requests of this workspace are open. Close some of its tabs."
FULL = "Too many workspaces are in use at the same time. Try again in a few minutes."
LATE = "The data of the request did not arrive in time. Check the connection, and try again."
UNREAD = "The browser does not read the answer."
AWAY = "JupyterLab does not answer. It may be starting, or it has ended: see the page."
SLOW = "JupyterLab took too long to answer. Try again, or restart the workspace."
DATABASE = "Mobula's database does not answer. Try again in a few seconds."

TITLES = {
    403: "Request refused",
    404: "Workspace not found",
    408: "Request too slow",
    413: "Too much data",
    429: "Too many requests",
    502: "JupyterLab does not answer",
    503: "Workspace not available",
    504: "JupyterLab took too long",
}


class Turned(Exception):
    """The request goes no further: a status and a sentence for whoever sent it."""

    def __init__(self, status: int, sentence: str, *, workspace_id: UUID | None = None) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.workspace_id = status, sentence, workspace_id

    @property
    def body(self) -> bytes:
        """The page."""
        page = f"/workspaces/{self.workspace_id}/" if self.workspace_id else "/workspaces/"
        title = TITLES[self.status]
        return (
            '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
            f"<title>{title} · Mobula</title></head><body><main><h1>{title}</h1>"
            f"<p>{escape(self.sentence)}</p>"
            f'<p><a href="{escape(settings.MOBULA_URL + page)}">Workspace in Mobula</a></p>'
            "</main></body></html>"
        ).encode()

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """Its headers."""
        return [
            (b"content-type", b"text/html; charset=utf-8"),
            (b"content-length", str(len(self.body)).encode()),
            (b"cache-control", b"no-store"),
            (b"content-security-policy", POLICY),
            (b"x-content-type-options", b"nosniff"),
        ]

    def messages(self) -> tuple[Message, Message]:
        """Return the ASGI messages of the answer."""
        start = {"type": "http.response.start", "status": self.status, "headers": self.headers}
        return start, {"type": "http.response.body", "body": self.body}

    def raw(self) -> bytes:
        """Return the answer as bytes of HTTP, after which the connection ends."""
        lines = [f"HTTP/1.1 {self.status} {TITLES[self.status]}".encode()]
        lines += [name + b": " + value for name, value in self.headers]
        return b"\r\n".join([*lines, b"connection: close", b"", self.body])
