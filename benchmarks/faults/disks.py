"""A home on small disks, so that they can be full. They are tmpfs: only root may mount them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

ROOM = 3 * 2**30  # a limit: only what is written takes memory
NODES = "local"  # below the home: the nodes with their Ray


class SmallDisks:
    """The disk of the installation, and one of its own for the nodes."""

    def __init__(self) -> None:
        self.refused = "no disk was requested"
        self.home = self.nodes = Path("/")

    def place(self, home: Path) -> None:
        """Mount both; where that is not allowed, `refused` says why and the home is as it was."""
        self.home, self.nodes = home, home / NODES
        self.refused = _mounted(self.home, mode="0711")
        if not self.refused:
            self.nodes.mkdir(mode=0o700)
            self.refused = _mounted(self.nodes, mode="0700")

    @contextmanager
    def full(self, disk: Path) -> Iterator[None]:
        """Leave no room on `disk`: it shrinks to what is used, which needs no memory."""
        while not _resized(disk, psutil.disk_usage(str(disk)).used):
            pass  # it grew meanwhile
        try:
            yield
        finally:
            assert _resized(disk, ROOM)


def _mounted(place: Path, *, mode: str) -> str:
    options = f"size={ROOM},mode={mode}"
    done = _mount("-t", "tmpfs", "-o", options, "mobula-faults", str(place))
    return "" if done.returncode == 0 else done.stderr.strip() or "mount failed"


def _resized(disk: Path, size: int) -> bool:
    return _mount("-o", f"remount,size={size}", str(disk)).returncode == 0


def _mount(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["/usr/bin/env", "mount", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)
