"""Children of a keeper: each dies with it, and none outlives it. Standard library only."""

import os
import signal
import sys
import time
from typing import NoReturn

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 36, 38


def redirect(stream: int, path: str, flags: int) -> None:
    """Let a stream of this process be a file."""
    opened = os.open(path, flags, 0o600)
    os.dup2(opened, stream)
    os.close(opened)


def become_user(uid: int) -> None:
    """Give up root for good: no program that we start gets any privilege back, by sudo or su."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    _prctl(PR_SET_NO_NEW_PRIVS, 1)


def become_subreaper() -> None:
    """Let orphans of this node come to us and not to init: so none can hide."""
    _prctl(PR_SET_CHILD_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def spawn(command: list[str], environment: dict[str, str], *, log: int, directory: str) -> int:
    """Start a program in `directory` that dies with this process; return its id."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        _exec(command, environment, log, directory)
    return pid


def _exec(command: list[str], environment: dict[str, str], log: int, directory: str) -> NoReturn:
    try:
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it; programs expect it
        for stream in (1, 2):
            os.dup2(log, stream)
        os.chdir(directory)
        os.execve(command[0], command, environment)  # noqa: S606 - there is no shell
    except OSError as error:
        os.write(2, f"{command[0]} does not start: {error}\n".encode())
    finally:
        os._exit(127)


def kill_descendants() -> None:
    """Kill our children until there are none; on Linux orphaned grandchildren become ours."""
    while True:
        for pid in _children():
            os.kill(pid, signal.SIGKILL)  # not yet reaped, so the id is still theirs
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.01)


def _children() -> list[int]:
    if sys.platform != "linux":
        return []
    own = os.getpid()
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and _parent(name) == own]  # noqa: PTH208


def _parent(pid: str) -> int:
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:  # noqa: PTH123
            return int(stat.read().rpartition(b")")[2].split()[1])
    except OSError:
        return 0
