"""A user ID for each local cluster, where Mobula runs as root: no job is root, nor another's peer.

/var/lib/mobula-ray/        0711, one for the machine: no two installations share a user ID
    <uid>/                  0750 root:<uid>, made when a cluster gets this ID
        cluster             0600, the cluster's directory in its installation
        token, <node>.json  0640, Ray's token and what a head's agent reads
        home/               0700 <uid>
        <node>/             0700 <uid>, the node's Ray directory
    python-<digest>/        0755, programs that the accounts cannot reach (see programs.py)

The IDs need no entry in /etc/passwd. Nothing else that belongs to a cluster is writable for its
account: records, tombstones and logs stay in the installation, so root never trusts its files.
"""

from __future__ import annotations

import fcntl
import grp
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from providers.base import CapacityUnavailable, InvalidRequest
from providers.local.directories import write_secret

STATE = Path("/var/lib/mobula-ray")
# No distribution, systemd or container tool uses these: https://systemd.io/UIDS-GIDS/ ("unused").
FIRST_ID, LAST_ID = 60578, 61183


@dataclass(frozen=True, slots=True)
class ClusterAccount:
    """The user, and the group of the same number, that a cluster's processes run as."""

    uid: int

    def __post_init__(self) -> None:
        if not FIRST_ID <= self.uid <= LAST_ID:
            raise ValueError(f"User ID {self.uid} is not between {FIRST_ID} and {LAST_ID}.")

    @property
    def path(self) -> Path:
        """The directory of what the cluster's processes may read."""
        return STATE / str(self.uid)

    @property
    def environment(self) -> Mapping[str, str]:
        """What a program looks up in /etc/passwd otherwise."""
        home, name = str(self.path / "home"), f"mobula-{self.uid}"
        return {
            "HOME": home,
            "USER": name,
            "LOGNAME": name,
            "SHELL": "/bin/sh",
            "RAY_TMPDIR": home,  # old Rays note the cluster's address there, not in its directory
        }

    def share(self, name: str, text: str) -> None:
        """Write a file that the cluster's processes can read and nobody else but root."""
        write_secret(self.path / name, text, group=self.uid)

    def own(self, directory: Path) -> None:
        """Make the directory, closed to others and writable for the cluster's processes."""
        directory.mkdir(mode=0o700, exist_ok=True)
        os.chown(directory, self.uid, self.uid, follow_symlinks=False)

    def end_processes(self) -> bool:
        """Kill every process of the account, hidden or not; return whether none is left."""
        # One call reaches all of them, so that none can fork away; it spares only the caller.
        self._run("/bin/sh", "-c", "kill -KILL -1")
        return not _lives(self.uid)

    def can_read(self, path: Path) -> bool:
        """Return whether the account may read the file or directory `path`."""
        return self._run("test", "-r", str(path))

    def can_run(self, *command: str) -> bool:
        """Return whether the account can run the command, which must end with exit code 0."""
        return self._run(*command)

    def _run(self, *command: str) -> bool:
        try:
            ran = subprocess.run(
                ["/usr/bin/env", *command],
                user=self.uid,
                group=self.uid,
                extra_groups=(),
                env={},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=False,
            )
        except PermissionError as error:
            raise InvalidRequest(
                "Mobula runs as root but may not change its user ID (CAP_SETUID, CAP_SETGID), and "
                "local clusters never run as root: run Mobula as an ordinary user."
            ) from error
        return ran.returncode == 0


def are_needed() -> bool:
    """Return whether clusters get accounts: only root can give them."""
    return sys.platform == "linux" and os.geteuid() == 0


def account_of(cluster: Path) -> ClusterAccount | None:
    """Return the account of the cluster with this directory; None: it has none."""
    with suppress(FileNotFoundError, ValueError):
        account = ClusterAccount(int((cluster / "account").read_text()))
        if _cluster_of(account.path) == cluster:
            return account
    return None


def claim(cluster: Path) -> ClusterAccount:
    """Return the account of the cluster with this directory; give it one if it has none."""
    if account := account_of(cluster):
        return account
    with locked():
        account = _claimed(cluster) or _new(cluster)
    write_secret(cluster / "account", str(account.uid))
    return account


def release(cluster: Path) -> bool:
    """End all that runs as the cluster's account and free it; False: something still lives."""
    with locked():
        account = account_of(cluster) or _claimed(cluster)
        if account is None:
            return True
        if not account.end_processes():
            return False
        shutil.rmtree(account.path, ignore_errors=True)
        return True


@contextmanager
def locked() -> Iterator[None]:
    """Hold the machine's lock on what is in `STATE`."""
    STATE.mkdir(mode=0o711, parents=True, exist_ok=True)
    lock = os.open(STATE / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _claimed(cluster: Path) -> ClusterAccount | None:
    taken = (path for path in STATE.iterdir() if path.name.isdigit())
    owned = (path for path in taken if _cluster_of(path) == cluster)
    return next((ClusterAccount(int(path.name)) for path in owned), None)


def _new(cluster: Path) -> ClusterAccount:
    for uid in range(FIRST_ID, LAST_ID + 1):
        path = STATE / str(uid)
        if not _is_free(uid, path):
            continue
        shutil.rmtree(path, ignore_errors=True)
        account = ClusterAccount(uid)
        path.mkdir(mode=0o700)
        os.chown(path, 0, uid)
        path.chmod(0o750)
        account.own(path / "home")
        write_secret(path / "cluster", str(cluster))
        return account
    raise CapacityUnavailable(
        f"All user IDs from {FIRST_ID} to {LAST_ID}, one for each local cluster, are in use: "
        "terminate a cluster."
    )


def _is_free(uid: int, path: Path) -> bool:
    """Return whether no cluster, no process and no person has the ID."""
    cluster = _cluster_of(path)
    if cluster is not None and cluster.exists() and not (cluster / "ended").exists():
        return False
    return _is_mapped(uid) and not _has_name(uid) and not _lives(uid)


def _cluster_of(path: Path) -> Path | None:
    try:
        return Path((path / "cluster").read_text())
    except FileNotFoundError:
        return None  # never used, or its owner was killed while it was made


def _is_mapped(uid: int) -> bool:
    """Return whether the container we may be in has this user ID and this group ID."""
    return all(
        any(first <= uid < first + count for first, count in _ranges(kind))
        for kind in ("uid", "gid")
    )


def _ranges(kind: str) -> Iterator[tuple[int, int]]:
    for line in Path(f"/proc/self/{kind}_map").read_text().splitlines():
        first, _, count = line.split()
        yield int(first), int(count)


def _has_name(uid: int) -> bool:
    for look_up in (pwd.getpwuid, grp.getgrgid):
        with suppress(KeyError):
            look_up(uid)
            return True
    return False


def _lives(uid: int) -> bool:
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if uid in process.uids() and process.status() != psutil.STATUS_ZOMBIE:
                return True
    return False
