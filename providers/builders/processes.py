"""Programs of a build: their output as it comes, their end with all that they started."""

from __future__ import annotations

import contextlib
import ctypes
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_LOOK_SECONDS = 0.25
_PIECE = 16 * 1024
_GRACE_SECONDS = 3.0
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def run(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    write: Callable[[bytes], None],
    look: Callable[[], None],
    note: Callable[[int], None] = lambda _: None,
) -> int:
    """Return the exit status of a command, its output written as it comes.

    `look` is called about four times a second and ends it by raising; `note` gets its process id.
    Whatever happens, none of its processes is left.
    """
    process = subprocess.Popen(
        command,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=_end_with_parent,  # noqa: PLW1509 - one system call
    )
    try:
        note(process.pid)
        _follow(process, write=write, look=look)
        return process.wait()
    finally:
        end_session(process.pid)
        process.wait()
        if process.stdout:
            process.stdout.close()


def end_session(leader: int) -> None:
    """Kill every process of the session that `leader` began, and what they started meanwhile."""
    for _ in range(20):
        members = session_members(leader)
        if not members:
            return
        for pid in members:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)


def session_members(leader: int) -> list[int]:
    """Return the processes of a session that live, and all below them."""
    parents: dict[int, int] = {}
    members: set[int] = set()
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            stat = (folder / "stat").read_text()
        except OSError:  # it ended meanwhile
            continue
        state, parent, _, session = stat.rpartition(")")[2].split()[:4]
        if state in "ZX":
            continue
        pid = int(folder.name)
        parents[pid] = int(parent)
        if int(session) == leader:
            members.add(pid)
    grown = True
    while grown:
        below = {pid for pid, parent in parents.items() if parent in members} - members
        members |= below
        grown = bool(below)
    return sorted(members)


def began_at(pid: int) -> str:
    """Return when a process began, in ticks since the host did: "" where there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]


def _follow(
    process: subprocess.Popen[bytes], *, write: Callable[[bytes], None], look: Callable[[], None]
) -> None:
    if process.stdout is None:
        return
    ended_at = None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if selector.select(_LOOK_SECONDS):
                piece = os.read(process.stdout.fileno(), _PIECE)
                if not piece:
                    return
                write(piece)
            look()
            # A program in the background may hold the pipe open for ever.
            if process.poll() is not None:
                ended_at = ended_at or time.monotonic()
                if time.monotonic() - ended_at > _GRACE_SECONDS:
                    return


def _end_with_parent() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
