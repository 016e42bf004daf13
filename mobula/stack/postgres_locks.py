"""The two lock files of PostgreSQL: in its data directory, and beside its socket.

Each holds the process id of its server and, in the second line, the server's data directory.
PostgreSQL takes any living process with that id and of its own account for a server that still
runs, and refuses to start; after a reboot the same small ids come round again.
"""

from pathlib import Path

import psutil

from mobula.stack.errors import StackError


def clear_stale(lock: Path, *, data: Path) -> None:
    """Remove a lock file whose server is gone, whoever has its process id now.

    A lock of a living server stays: PostgreSQL says so itself for that of `data`. No process is
    ended.
    """
    try:
        lines = lock.read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return
    arguments = _arguments(lines[0] if lines else "")
    if str(data) in arguments:
        return
    other = lines[1].strip() if len(lines) > 1 else ""
    if other and other != str(data) and _is_server_of(other, arguments):
        raise StackError(
            f"Process {lines[0].strip()}, a PostgreSQL with its data in {other}, uses "
            f"{lock.parent}: stop it and start again."
        )
    lock.unlink(missing_ok=True)


def _arguments(pid: str) -> list[str]:
    """Return the command line of the process with this id, or nothing without such a process."""
    try:
        return psutil.Process(int(pid)).cmdline()
    except (ValueError, OverflowError, psutil.Error):
        return []


def _is_server_of(data: str, arguments: list[str]) -> bool:
    return bool(arguments) and Path(arguments[0]).name == "postgres" and data in arguments
