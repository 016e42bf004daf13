"""Connections of the proxy: `uvicorn --http mobula.edge.workspaces.protocol:WorkspaceProtocol`."""

from __future__ import annotations

import h11

from mobula.edge.protocol import BoundedProtocol


class WorkspaceProtocol(BoundedProtocol):
    """A bounded connection that may become a WebSocket, which has no time limit for its head."""

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Hand the connection over."""
        self._stop_head_timer()
        self._unset_keepalive_if_required()
        super().handle_websocket_upgrade(event)
