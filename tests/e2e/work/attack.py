"""A job that tries to get at the installation and at other clusters; prints what it got as JSON.

The file that is its argument names the targets: `files`, `sockets`, `processes`, `directories`.
"""

import ctypes
import json
import os
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

NAMES = (b"MOBULA_SECRET_KEY", b"DATABASE_URL", b"BROKER_URL", b"MOBULA_HOME")
PTRACE_SEIZE = 0x4206
TARGETS = json.loads(Path(sys.argv[1]).read_text())


def main() -> None:
    tried = list(attempts())
    print(  # noqa: T201
        "attack",
        json.dumps(
            {
                "uid": os.getuid(),
                "groups": [os.getgid(), *os.getgroups()],
                "tried": len(tried),
                "got": [what for what, attempt in tried if works(attempt)],
                "told": sorted(told()),
                "privileges": privileges(),
            }
        ),
    )


def attempts() -> Iterator[tuple[str, Callable[[], object]]]:
    for path in TARGETS["files"]:
        yield f"read {path}", lambda path=path: Path(path).read_bytes()
    for path in TARGETS["directories"]:
        yield f"list {path}", lambda path=path: os.listdir(path)  # noqa: PTH208
        yield f"write into {path}", lambda path=path: Path(path, "attack").write_text("")
    for path in TARGETS["sockets"]:
        yield f"connect to {path}", lambda path=path: connect(path)
    for name, pid in TARGETS["processes"].items():
        yield f"signal {name}", lambda pid=pid: os.kill(pid, 0)
        yield f"trace {name}", lambda pid=pid: trace(pid)
        for inside in ("environ", "mem", "maps", "fd", "cwd"):
            yield f"open {inside} of {name}", lambda pid=pid, inside=inside: look(pid, inside)
    yield "become root", lambda: os.setuid(0)
    for directory in Path("/proc").iterdir():
        if directory.name.isdigit():
            yield f"settings of {directory}", lambda path=directory: settings(path / "environ")


def works(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError:
        return False
    return True


def connect(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)


def trace(pid: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(PTRACE_SEIZE, pid, None, None):
        raise OSError(ctypes.get_errno(), "ptrace")


def look(pid: int, inside: str) -> None:
    path = f"/proc/{pid}/{inside}"
    if inside == "fd":
        os.listdir(path)  # noqa: PTH208
    elif inside == "cwd":
        os.readlink(path)  # noqa: PTH115
    else:
        with Path(path).open("rb") as opened:
            opened.read(1)


def settings(environment: Path) -> None:
    if not any(name + b"=" in environment.read_bytes() for name in NAMES):
        raise OSError("none")


def told() -> set[str]:
    """Return what of Mobula's settings stands in the environment of this job and its ancestors."""
    found, pid = set(), os.getpid()
    while pid > 1:
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes()
            found |= {name.decode() for name in NAMES if name + b"=" in environment}
            if b"MOBULA_NODE_DIR=" not in environment and pid != os.getpid():
                return found  # beyond the node's keeper
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            return found
    return found


def privileges() -> list[str]:
    """Return what lets a process become more than it is."""
    lines = Path("/proc/self/status").read_text().splitlines()
    status = dict(line.split(":\t", 1) for line in lines)
    kept = (key for key in ("CapPrm", "CapEff", "CapAmb") if int(status[key], 16))
    found = [f"{key}={status[key]}" for key in kept]
    return found if status["NoNewPrivs"] == "1" else [*found, "NoNewPrivs=0"]


main()
