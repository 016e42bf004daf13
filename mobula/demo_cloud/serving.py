"""How doubles answer: a server at a free port of this machine, in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import TCPServer

LOOK_SECONDS = 0.02  # how often a server looks whether it is to end


@contextmanager
def serving(server: TCPServer) -> Iterator[str]:
    """Let the server answer for as long as the block lasts; yield its URL."""
    thread = threading.Thread(target=server.serve_forever, args=(LOOK_SECONDS,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.socket.getsockname()[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
