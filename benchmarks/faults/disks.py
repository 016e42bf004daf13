"""A home on small disks, so that they can be full. They are tmpfs: only root may mount them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from mobula.stack.accounts import database_account

ROOM = 3 * 2**30  # a limit: only what is written takes memory


class SmallDisks:
    """The disk of the installation, one of its own for the database, and one for the nodes."""

    def __init__(self) -> None:
        self.refused = "no disk was requested"
        self.home = self.database = self.nodes = Path("/")

    def place(self, home: Path) -> None:
        """Mount all; where that is not allowed, `refused` says why and the home is as it was."""
        self.home, self.nodes = home, home / "local"
        self.refused = _mounted(self.home)
        if self.refused:
            return
        # Its account cannot enter the home of root: there is a link to where it can.
        self.database = home.with_name(f"{home.name}.postgres")
        for disk in (self.database, self.nodes):
            disk.mkdir(mode=0o700)
            self.refused = self.refused or _mounted(disk)
        account = database_account()
        os.chown(self.database, account.uid, account.gid)
        (home / "postgres").symlink_to(self.database)

    @contextmanager
    def full(self, disk: Path) -> Iterator[None]:
        """Leave no room on `disk`: it shrinks to what is used, which needs no memory."""
        while not _resized(disk, psutil.disk_usage(str(disk)).used):
            pass  # it grew meanwhile
        try:
            yield
        finally:
            assert _resized(disk, ROOM)


def _mounted(place: Path) -> str:
    done = _mount("-t", "tmpfs", "-o", f"size={ROOM},mode=0700", "mobula-faults", str(place))
    return "" if done.returncode == 0 else done.stderr.strip() or "mount failed"


def _resized(disk: Path, size: int) -> bool:
    return _mount("-o", f"remount,size={size}", str(disk)).returncode == 0


def _mount(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["/usr/bin/env", "mount", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)
