"""One file of a workspace, read for its page: no link is followed on the way there."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from providers.errors import InvalidRequest
from providers.workspaces import MOST_READ_BYTES

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def read(place: Path, path: str) -> bytes:
    """Return a file below files/, which is read by every name on its way, one after the other.

    Raises `InvalidRequest` for what is not listed: links, hidden files, another user's.
    """
    names = path.split("/")
    if "\0" in path or any(not name or name.startswith(".") for name in names):
        raise InvalidRequest(f"There is no file {path}.")
    try:
        folder = os.open(place / "files", _FOLDER)
    except OSError:
        raise InvalidRequest("The workspace has no files.") from None
    try:
        for name in names[:-1]:
            below = os.open(name, _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = below
        return _content(os.open(names[-1], _FILE, dir_fd=folder), path, owner=_owner(folder))
    except OSError:
        raise InvalidRequest(f"There is no file {path}.") from None
    finally:
        os.close(folder)


def _owner(folder: int) -> int:
    return os.fstat(folder).st_uid


def _content(file: int, path: str, *, owner: int) -> bytes:
    with os.fdopen(file, "rb") as content:
        found = os.fstat(content.fileno())
        # A second name of another user's file may be put there.
        if not stat.S_ISREG(found.st_mode) or found.st_uid != owner:
            raise InvalidRequest(f"There is no file {path}.")
        read = content.read(MOST_READ_BYTES + 1)
    if len(read) > MOST_READ_BYTES:
        mib = MOST_READ_BYTES // 2**20
        raise InvalidRequest(f"{path} is larger than {mib} MiB. Open it in JupyterLab.")
    return read
