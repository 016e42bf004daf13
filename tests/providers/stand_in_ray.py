"""Plays the `ray` program for tests of what is around it: `ray start [--head --port=N] …`.

Notes each start beside itself, answers on the GCS port, and has a child that hides as well as it
can: in a session of its own and without our environment. With `--resources={"crash": 1}` it ends
by itself; with `boot` it takes half a second to start.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path


def main() -> None:
    flags = dict(flag.removeprefix("--").partition("=")[::2] for flag in sys.argv[2:])
    resources = json.loads(flags.get("resources", "{}"))
    note("begin", flags["node-name"])
    Path(flags["temp-dir"], "session").mkdir(parents=True)
    if "boot" in resources:
        time.sleep(0.5)
    if "crash" in resources:
        sys.exit("raylet [exit code=-9]")
    subprocess.Popen(["/bin/sleep", "600"], env={}, start_new_session=True)
    if "head" in flags:
        gcs = socket.create_server(("", int(flags["port"])))
        gcs.listen()
    note("end", flags["node-name"])
    print("Ray runtime started.", flush=True)  # noqa: T201
    while True:
        signal.pause()


def note(what: str, name: str) -> None:
    line = json.dumps({"what": what, "name": name, "pid": os.getpid()}) + "\n"
    path = Path(__file__).with_name("starts.jsonl")
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(log, line.encode())
    os.close(log)


main()
