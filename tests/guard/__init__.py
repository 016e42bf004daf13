"""Whatever ends a run (a signal, a time limit, SIGKILL), no process that it started stays.

    with guarded(directory):
        ...  # start what works in `directory`, or has it in its environment

In order, the processes are ended when the block is left. A small process beside the run, the
guard, does the same for a run that did not get that far: it sees that its parent is gone.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from mobula.stack.identity import Identity
from providers.local import accounts
from tests.e2e.processes import node_processes

ROOT = Path(__file__).parents[2]
# The variables that name a run's directory, or one below it, in the processes of the run.
MARKS = ("MOBULA_HOME", "MOBULA_NODE_DIR", "RAY_TMPDIR")
LOOK_SECONDS = 0.2
EMPTY_LOOKS = 3  # a process that was only just forked has no mark yet
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_guard: subprocess.Popen[bytes] | None = None


@contextmanager
def guarded(directory: Path) -> Iterator[None]:
    """Leave no process of `directory`, however the block or the whole run ends."""
    with _signals_raise():
        watch(directory)
        try:
            yield
        finally:
            end_processes(directory)
            unmount(directory)
            forget(directory)


def watch(directory: Path) -> None:
    """Let the guard end the processes of `directory`, and remove it, should this run be killed."""
    keep = "MOBULA_KEEP_HOME" in os.environ
    _tell({"watch": str(directory.resolve()), "keep": keep})


def forget(directory: Path) -> None:
    """Take back `watch`."""
    _tell({"forget": str(directory.resolve())})


@contextmanager
def guarded_process(process: subprocess.Popen[Any]) -> Iterator[None]:
    """Leave `process`, of no directory, ended, however the block or the whole run ends."""
    with _signals_raise():
        identity = Identity.of(process.pid)
        _tell({"watch": process.pid, "started": identity.started if identity else 0})
        try:
            yield
        finally:
            process.terminate()  # of no effect on one that has ended
            process.wait()
            _tell({"forget": process.pid})


def end_processes(directory: Path) -> None:
    """Kill whatever belongs to `directory` until nothing does."""
    _release_accounts(directory)
    empty_looks = 0
    while empty_looks < EMPTY_LOOKS:
        processes = processes_of(directory)
        for process in processes:
            with suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(processes, timeout=5)
        empty_looks = 0 if processes else empty_looks + 1
        time.sleep(LOOK_SECONDS / 4)


def remove(directory: Path) -> None:
    """Remove the directory, what stands elsewhere for it, and what a console puts beside it."""
    for place in _places(directory):
        shutil.rmtree(place, ignore_errors=True)
    for beside in ("shared", "postgres"):
        shutil.rmtree(f"{directory}.{beside}", ignore_errors=True)
    Path(f"{directory}.log").unlink(missing_ok=True)


def unmount(directory: Path) -> None:
    """Unmount what was mounted in `directory`, or elsewhere for it."""
    mounted = {partition.mountpoint for partition in psutil.disk_partitions(all=True)}
    places = _places(directory)
    for mount in sorted(mounted, reverse=True):
        if any(_is_below(mount, place) for place in places):
            subprocess.run(["/usr/bin/env", "umount", mount], check=False)


def processes_of(directory: Path) -> list[psutil.Process]:
    """Return the living processes that a run has in its directory, those of Ray nodes too."""
    places = _places(directory)
    found = {each.process for each in node_processes(places[0])}
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.pid != os.getpid() and _belongs(process, places):
                found |= {process, *process.children(recursive=True)}
    return [process for process in found if _lives(process)]


def _places(directory: Path) -> Sequence[Path]:
    """Return the directory and, where PostgreSQL has its files elsewhere, that one."""
    directory = directory.resolve()
    links = [*directory.glob("postgres"), *directory.glob("*/postgres")]
    return [directory, *(link.resolve() for link in links if link.is_symlink())]


def _release_accounts(directory: Path) -> None:
    """End all that runs as the user of a local cluster of `directory`, and free the user ID."""
    for file in accounts.STATE.glob("*/cluster"):
        with suppress(FileNotFoundError):
            cluster = Path(file.read_text())
            while _is_below(str(cluster), directory.resolve()) and not accounts.release(cluster):
                time.sleep(LOOK_SECONDS)


def _belongs(process: psutil.Process, places: Sequence[Path]) -> bool:
    environment = process.environ()
    if any(_is_below(environment.get(mark, ""), places[0]) for mark in MARKS):
        return True
    # Programs that overwrite their environment with a title. A shell may look around there.
    work = process.cwd().removesuffix(" (deleted)")
    return process.terminal() is None and any(_is_below(work, place) for place in places)


def _is_below(path: str, directory: Path) -> bool:
    return f"{path}/".startswith(f"{directory}/")


def _lives(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    return False


@contextmanager
def _signals_raise() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the run as Ctrl-C does: through every `finally`."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in ENDINGS}
    for number in ENDINGS:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _tell(message: dict[str, Any]) -> None:
    global _guard  # noqa: PLW0603 - one for each process, started when the first run needs it
    if _guard is None:
        _guard = subprocess.Popen(
            [sys.executable, "-m", "tests.guard"],
            stdin=subprocess.PIPE,
            env={"PATH": os.environ.get("PATH", "")},  # without a mark
            cwd=ROOT,
            start_new_session=True,  # Ctrl-C is not meant for it
        )
        atexit.register(_dismiss, _guard)
    assert _guard.stdin is not None
    _guard.stdin.write(json.dumps(message).encode() + b"\n")
    _guard.stdin.flush()


def _dismiss(guard: subprocess.Popen[bytes]) -> None:
    """Let the guard end what is left, and wait for it."""
    assert guard.stdin is not None
    guard.stdin.close()
    guard.wait()
