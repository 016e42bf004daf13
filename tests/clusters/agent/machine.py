"""A node's machine on paper: joins and reports to the real endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.test import Client

if TYPE_CHECKING:
    from clusters.models import Node

SECRET = "5e" * 32


class PaperMachine:
    """One machine, with the token of its user data."""

    def __init__(self, node: Node, *, secret: str = SECRET) -> None:
        from clusters.nodes.join_tokens import issue

        self.node, self.secret = node, secret
        self.token = issue([node])[node.name]

    def join(self, *, token: str = "", **fields: Any) -> Any:
        """Show the join token."""
        body = {
            "index": "0",
            "address": self.node.address or "10.0.0.9",
            "instance": "i-1",
            "secret": self.secret,
        }
        return self.post("join", {**body, **fields}, key=token or self.token)

    def post(self, path: str, body: object, *, key: str = "") -> Any:
        """Post to one of the addresses, with the machine's own key."""
        return Client().post(
            f"/agent/v1/nodes/{path}",
            data=body,
            content_type="application/json",
            headers={"Authorization": f"Bearer {key or self.secret}"},
        )

    def report(self, *phases: tuple[str, str], log: str = "", at: float = 0.0) -> Any:
        """Report these steps."""
        items = [{"phase": p, "state": s, "at": str(at), "log": log} for p, s in phases]
        return self.post("report", {"phases": items})

    def get_agent(self) -> Any:
        """Ask for the head agent."""
        headers = {"Authorization": f"Bearer {self.secret}"}
        return Client().get("/agent/v1/nodes/agent", headers=headers)
