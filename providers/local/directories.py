"""Where a local cluster keeps what it knows about itself, and what of that is written for good.

<root>/failures.json        what shall go wrong (see providers/failure_plan.py)
<root>/<handle>/            prepared: 0700
    token                   Ray's token, 0600
    account                 the user ID its nodes run as, if Mobula runs as root (see accounts.py)
    ended                   tombstone of the whole cluster: no node of it ever starts again
    turn                    lock by which nodes of old Rays start one after the other
    <n>/                    the node named "<handle>-<n>"
        ended               its tombstone: this name never starts again
        lock, node.json     who started it and what it is (see keeper.py)
        progress.jsonl      what became of it since, a line each time
        taken_back_at       when a failure plan takes it back
        ray.log, agent.log, agent.json

All of it is readable for Mobula's own user only. With accounts, what a node reads is elsewhere.
"""

import hashlib
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from providers.base import InvalidRequest

HANDLE = re.compile(r"[a-z0-9][a-z0-9-]{0,19}")
NUMBER = re.compile(r"[a-z0-9][a-z0-9-]{0,11}")
# Sockets have at most 107 bytes in their path, of which Ray takes 64 below its directory.
LONGEST_RAY_PATH = 40
NAME_ROOM = 13


@dataclass(frozen=True, slots=True)
class NodeDirectory:
    """The directory of one node."""

    path: Path
    name: str

    @property
    def ended(self) -> bool:
        """Whether the node was terminated, alone or with its cluster."""
        return (self.path / "ended").exists() or (self.path.parent / "ended").exists()

    def end(self) -> None:
        """Bar the name for ever, on disk before this returns."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_tombstone(self.path / "ended")

    def strip(self, ray_directory: Path) -> None:
        """Remove all but the tombstone."""
        shutil.rmtree(ray_directory, ignore_errors=True)
        for path in self.path.iterdir():
            if path.name != "ended":
                path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class ClusterDirectory:
    """The directory of one cluster."""

    path: Path

    @classmethod
    def of(cls, root: Path, handle: str) -> Self:
        """Return the directory for `handle`; raise `InvalidRequest` when it fits no path."""
        if not HANDLE.fullmatch(handle):
            raise InvalidRequest(f"Cluster handle {handle!r} is not made of a-z, 0-9 and '-'.")
        return cls(root / handle)

    @property
    def handle(self) -> str:
        """The cluster's handle."""
        return self.path.name

    @property
    def ended(self) -> bool:
        """Whether the cluster was destroyed."""
        return (self.path / "ended").exists()

    @property
    def prepared(self) -> bool:
        """Whether nodes may be launched."""
        return (self.path / "token").exists() and not self.ended

    def prepare(self, ray_token: str) -> None:
        """Make the directory and write the token, empty when there is none."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_secret(self.path / "token", ray_token)

    def node(self, name: str) -> NodeDirectory:
        """Return the directory of the node called `name`."""
        handle, number = name[: len(self.handle) + 1], name[len(self.handle) + 1 :]
        if handle != f"{self.handle}-" or not NUMBER.fullmatch(number):
            raise InvalidRequest(f"Node name {name!r} is not of the form '{self.handle}-<n>'.")
        return NodeDirectory(self.path / number, name)

    def nodes(self) -> Sequence[NodeDirectory]:
        """Return the directories of all nodes that were ever launched or terminated."""
        with suppress(FileNotFoundError):
            paths = sorted(path for path in self.path.iterdir() if path.is_dir())
            return [NodeDirectory(path, f"{self.handle}-{path.name}") for path in paths]
        return []

    def end(self) -> None:
        """Bar every name of the cluster for ever, on disk before this returns."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_tombstone(self.path / "ended")

    def strip(self) -> None:
        """Remove all but the tombstone."""
        for path in self.path.iterdir():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name != "ended":
                path.unlink(missing_ok=True)


def write_tombstone(path: Path) -> None:
    """Make the empty file `path`; it is still there after a power failure."""
    with suppress(FileExistsError):
        path.touch(mode=0o600, exist_ok=False)
    for durable in (path, path.parent, path.parent.parent):
        opened = os.open(durable, os.O_RDONLY)
        os.fsync(opened)
        os.close(opened)


def write_secret(path: Path, text: str, *, group: int | None = None) -> None:
    """Write `text` to `path`, whole or not at all, readable by the owner and the group if given."""
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # is 0600
    with os.fdopen(descriptor, "w") as file:
        if group is not None:
            os.fchown(descriptor, -1, group)
            os.fchmod(descriptor, 0o640)
        file.write(text)
    Path(draft).replace(path)


def ray_directories(root: Path) -> Path:
    """Return where the nodes' Ray directories are made: below `root` if its path is short."""
    within = root / ".r"
    if len(str(within)) + NAME_ROOM <= LONGEST_RAY_PATH:
        base = within
    else:
        digest = hashlib.sha256(str(root).encode()).hexdigest()[:6]
        base = Path(tempfile.gettempdir()).resolve() / f"mb-{os.getuid()}-{digest}"
        if len(str(base)) + NAME_ROOM > LONGEST_RAY_PATH:
            base = Path("/tmp").resolve() / base.name  # noqa: S108 - checked by `make_private`
    return base


def make_private(path: Path) -> None:
    """Make the directory, or raise `InvalidRequest` when somebody else could write to it."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise InvalidRequest(
            f"{path} is not a directory owned by Mobula's user with mode 0700: remove it."
        )
