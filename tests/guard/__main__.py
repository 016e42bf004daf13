"""The guard: the process beside a run that ends what the run has left when it is gone."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
from pathlib import Path
from typing import IO, Any

from mobula.stack.identity import Identity
from tests.guard import ENDINGS, LOOK_SECONDS, end_processes, remove, unmount


def main() -> None:
    """Listen to the run until it ends, then end what it has left."""
    for number in ENDINGS:
        signal.signal(number, signal.SIG_IGN)
    for watched, message in _listen(sys.stdin.buffer, parent=os.getppid()).items():
        if isinstance(watched, int):
            if Identity(watched, message["started"]).alive():
                os.kill(watched, signal.SIGTERM)
            continue
        end_processes(Path(watched))
        unmount(Path(watched))
        if not message["keep"]:
            remove(Path(watched))


def _listen(stream: IO[bytes], *, parent: int) -> dict[str | int, dict[str, Any]]:
    """Return what is watched at the moment when the run has ended, with what was said of it."""
    watched: dict[str | int, dict[str, Any]] = {}
    rest = b""
    while os.getppid() == parent:  # the pipe alone may be held open by a fork of the run
        if not select.select([stream], [], [], LOOK_SECONDS)[0]:
            continue
        received = os.read(stream.fileno(), 65536)
        if not received:
            break
        *lines, rest = (rest + received).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if "watch" in message:
                watched[message["watch"]] = message
            else:
                watched.pop(message["forget"], None)
    return watched


if __name__ == "__main__":
    main()
