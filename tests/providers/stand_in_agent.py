"""Plays the head agent: notes each start with what it was told, and waits."""

import json
import os
import signal
import sys
from pathlib import Path

config = Path(sys.argv[1])
note = {
    "pid": os.getpid(),
    "python": sys.executable,
    "mode": oct(config.stat().st_mode & 0o777),
    "config": json.loads(config.read_text()),
}
with Path("agents.jsonl").open("a") as log:
    log.write(json.dumps(note) + "\n")
while True:
    signal.pause()
