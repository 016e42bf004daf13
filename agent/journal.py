"""The agent's log: one JSON line per event on standard error, never a secret."""

from __future__ import annotations

import json
import sys
import time


def log(event: str, **fields: object) -> None:
    """Write one event with its fields; a log that cannot be written never stops the agent."""
    line = json.dumps({"at": round(time.time(), 3), "event": event, **fields}, default=str)
    try:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
    except OSError:
        return
