"""The account PostgreSQL runs as, and whether that account can reach a path.

PostgreSQL refuses to run as root, so when Mobula is started by root (a container, a fresh cloud
machine) its PostgreSQL runs as `nobody`. Such an account often cannot enter root's directories.
We never loosen the permissions of a directory that we did not make: we ask the kernel whether the
account gets there, and put the files elsewhere when it does not.
"""

import errno
import os
import pwd
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from mobula.stack.errors import StackError

UNPRIVILEGED = "nobody"
# Where a service keeps its state on Debian and on macOS; both can be entered by everybody.
STATE_ROOTS = (Path("/var/lib"), Path("/var/db"), Path("/var/tmp"))  # noqa: S108


@dataclass(frozen=True)
class SystemAccount:
    """A Unix account that a program is started as."""

    name: str
    uid: int
    gid: int

    @property
    def is_own(self) -> bool:
        """Whether it is the account this process runs as."""
        return self.uid == os.geteuid()


def own_account() -> SystemAccount:
    """Return the account this process runs as."""
    uid = os.geteuid()
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise StackError(
            f"PostgreSQL needs an account with a name, and user ID {uid} has none: "
            "run as a user listed in /etc/passwd, or use compose.yaml."
        ) from None
    return SystemAccount(name=entry.pw_name, uid=uid, gid=entry.pw_gid)


def database_account() -> SystemAccount:
    """Return the account PostgreSQL runs as: our own, or `nobody` when we are root."""
    own = own_account()
    if own.uid != 0:
        return own
    entry = pwd.getpwnam(UNPRIVILEGED)
    return SystemAccount(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def can_reach(path: Path, *, account: SystemAccount) -> bool:
    """Return whether `account` may enter the directory (or run the file) `path`."""
    if account.is_own:
        return os.access(path, os.X_OK)
    verdict = subprocess.run(
        ["/usr/bin/env", "test", "-x", str(path)],
        user=account.uid,
        group=account.gid,
        extra_groups=(),
        cwd="/",
        check=False,
    )
    return verdict.returncode == 0


def give(path: Path, *, account: SystemAccount) -> None:
    """Make the directory `path`, which only `account` may enter."""
    path.mkdir(mode=0o700, exist_ok=True)
    if path.is_symlink() or path.stat().st_uid not in {os.geteuid(), account.uid}:
        raise StackError(f"{path} is owned by another user: remove it and start again.")
    path.chmod(0o700)
    if not account.is_own:
        os.chown(path, account.uid, account.gid)


def settle(directory: Path, *, account: SystemAccount) -> Path:
    """Return a directory that belongs to `account`, at `directory` or linked from there.

    Where `account` cannot enter the parent, the files go to a new directory under /var/lib and
    `directory` becomes a link to it, so that it is still found, and moved, with its home.
    """
    if directory.is_symlink() and directory.exists():
        return directory.resolve()
    if not can_reach(directory.parent, account=account):
        if directory.is_dir() and not directory.is_symlink():
            raise StackError(
                f"{account.name} runs PostgreSQL and cannot enter {directory.parent}: "
                f"chmod 711 {directory.parent}"
            )
        elsewhere = _new_place()
        directory.unlink(missing_ok=True)
        directory.symlink_to(elsewhere)
        directory = elsewhere
    give(directory, account=account)
    return directory


def move_out(directory: Path) -> bool:
    """Put a directory that `settle` made in place under /var/lib; False: that is another disk.

    Nothing may run on the files meanwhile.
    """
    if directory.is_symlink() or not directory.exists():
        return True
    elsewhere = _new_place()
    try:
        directory.rename(elsewhere)
    except OSError as error:
        elsewhere.rmdir()
        if error.errno != errno.EXDEV:
            raise
        return False
    directory.symlink_to(elsewhere)
    return True


def _new_place() -> Path:
    root = next(root for root in STATE_ROOTS if root.is_dir())
    return Path(tempfile.mkdtemp(prefix="mobula-", dir=root))
