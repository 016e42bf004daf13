"""Which processes belong to a node, and how they are ended: these and no others."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from providers.errors import Throttled

MARK = "MOBULA_NODE_DIR"


def keeper_process(pid: int, directory: Path, uid: int) -> psutil.Process | None:
    """Return the node's keeper if it lives; another process with its id, or a zombie, is none.

    `uid` is the user the node runs as; its keeper begins as ours. A process object refuses to
    signal an id that was given to another process meanwhile.
    """
    with suppress(ChildProcessError):
        os.waitpid(
            pid, os.WNOHANG
        )  # where this process is init of a container, it inherits keepers
    try:
        process = psutil.Process(pid)
        if process.uids().real not in {uid, os.getuid()}:
            return None  # of another cluster: anybody can put a mark into an environment
        return process if process.environ().get(MARK) == str(directory) else None
    except psutil.Error:
        return None


def node_processes(
    pid: int, directory: Path, ray_directory: Path, uid: int
) -> Iterator[psutil.Process]:
    """Yield every living process of the node whose keeper has, or had, the id `pid`.

    While the keeper lives, all are its descendants. If it was killed, they are found by the mark
    in their environment, or, as some of Ray's processes overwrite theirs with a title, by working
    in one of the node's directories.
    """
    keeper = keeper_process(pid, directory, uid)
    if keeper is not None:
        yield keeper
        with suppress(psutil.Error):
            yield from keeper.children(recursive=True)
        return
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if _is_left_over(process, directory, ray_directory, uid):
                yield process


def ask_to_end(process: psutil.Process) -> None:
    """Send SIGTERM; a process that ended meanwhile is fine."""
    with suppress(psutil.NoSuchProcess):
        process.send_signal(signal.SIGTERM)


def ask_to_reload(keeper: psutil.Process) -> None:
    """Send SIGHUP: the keeper restarts the agent, which reads its configuration again."""
    with suppress(psutil.NoSuchProcess):
        keeper.send_signal(signal.SIGHUP)


def kill(process: psutil.Process) -> None:
    """Send SIGKILL; a process that ended meanwhile is fine."""
    with suppress(psutil.NoSuchProcess):
        process.kill()


def _is_left_over(process: psutil.Process, directory: Path, ray_directory: Path, uid: int) -> bool:
    if process.uids().real not in {uid, os.getuid()} or process.status() == psutil.STATUS_ZOMBIE:
        return False
    if process.environ().get(MARK) == str(directory):
        return True
    if process.terminal() is not None:  # the shell of somebody who looks around there
        return False
    work = Path(process.cwd())
    return work == directory or work.is_relative_to(ray_directory)


@contextmanager
def translated() -> Iterator[None]:
    """Let only `ProviderError` out of the driver."""
    try:
        yield
    except OSError as error:
        raise Throttled(f"This machine rejected the request: {error}.") from error
    except psutil.Error as error:
        raise Throttled(f"This machine's processes could not be listed: {error}.") from error
