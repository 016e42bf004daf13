"""The names that were terminated, written down for good: none of them ever starts again.

A file for each cluster, with a name a line; the line of a whole cluster is an asterisk. EC2 keeps
the token of a launch for a day after its machine has ended, so the file is needed for launches that
come after a terminate without ever having been asked for, and those that are very late.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from providers.base import InvalidRequest, Unreachable

_HANDLE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}\Z")
_ALL = "*"


@dataclass(frozen=True, slots=True)
class Ended:
    """What has ended of one cluster."""

    names: frozenset[str]
    is_over: bool  # the whole cluster was destroyed

    def __contains__(self, name: str) -> bool:
        return self.is_over or name in self.names


@dataclass(frozen=True, slots=True)
class EndedNames:
    """The names that ended in one place; any number of processes may write them down at once.

    Raises Unreachable while the directory cannot be read or written: then nothing is launched.
    """

    root: Path

    def of(self, handle: str) -> Ended:
        """Return what has ended of a cluster."""
        with _told(self.root):
            return _ended(self._read(self._path(handle)))

    def end(self, handle: str, names: Collection[str]) -> None:
        """Bar names, on disk before this returns."""
        self._add(handle, set(names))

    def end_cluster(self, handle: str) -> None:
        """Bar all names of a cluster, on disk before this returns."""
        self._add(handle, {_ALL})

    def _add(self, handle: str, lines: set[str]) -> None:
        path = self._path(handle)
        with _told(self.root):
            if lines <= self._read(path):
                return
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            with (self.root / "lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                known = self._read(path) | lines
                # What a destroyed cluster once had is of no interest any more.
                _replace(path, {_ALL} if _ALL in known else known)

    def _path(self, handle: str) -> Path:
        if not _HANDLE.match(handle):
            raise InvalidRequest(f"'{handle}' is no handle of a cluster.")
        return self.root / f"{handle}.txt"

    @staticmethod
    def _read(path: Path) -> set[str]:
        try:
            return set(path.read_text().split())
        except FileNotFoundError:
            return set()


def _ended(lines: set[str]) -> Ended:
    return Ended(names=frozenset(lines - {_ALL}), is_over=_ALL in lines)


def _replace(path: Path, lines: set[str]) -> None:
    draft = path.with_suffix(".new")
    with draft.open("w") as file:
        file.write("".join(f"{line}\n" for line in sorted(lines)))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def _told(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unreachable(f"{root} cannot be used: {error.strerror}.") from error
