"""MOBULA_HOME: the one directory that holds the state of an installation."""

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mobula.keys import KeyFiles, weakness
from mobula.stack.accounts import move_out
from mobula.stack.errors import StackError

ROOT = Path(__file__).resolve().parent.parent.parent  # of the source tree
LEAST_FREE_BYTES = 512 * 2**20
TOO_FULL = {errno.ENOSPC, errno.EDQUOT}
NOT_WRITABLE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST}


class Home:
    """The directories and files below MOBULA_HOME."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.run = path / "run"
        self.log = path / "log"
        self.postgres = path / "postgres"
        self.valkey = path / "valkey"
        self.beat = path / "beat"

    @classmethod
    def from_environment(cls) -> "Home":
        """Return the home that MOBULA_HOME names, by default `var` in the source tree."""
        named = os.environ.get("MOBULA_HOME")
        return cls(Path(named).expanduser().resolve() if named else ROOT / "var")

    def open(self) -> None:
        """Make the directories, and refuse a home that cannot be written or has no room."""
        with self.explained():
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            for directory in (self.run, self.log, self.beat):
                directory.mkdir(mode=0o700, exist_ok=True)
            free = shutil.disk_usage(self.path).free
        if free < LEAST_FREE_BYTES:
            raise StackError(
                f"Only {free // 2**20} MiB are free in {self.path} and Mobula needs "
                f"{LEAST_FREE_BYTES // 2**20} MiB: make room, or set MOBULA_HOME to another disk."
            )

    def close_to_others(self) -> None:
        """Let nobody but the owner enter; call it while no program of the stack runs.

        Earlier versions kept the files of PostgreSQL, which root runs as another account, in a home
        that everybody could pass through: they move out first, unless that is another disk.
        """
        if os.geteuid() != 0 or move_out(self.postgres):
            self.path.chmod(0o700)

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn what the disk refuses into a sentence."""
        try:
            yield
        except OSError as error:
            if error.errno in TOO_FULL:
                message = f"The disk of {self.path} is full: make room, or set MOBULA_HOME."
            elif error.errno in NOT_WRITABLE:
                message = f"{error.filename} cannot be written ({error.strerror}): set MOBULA_HOME."
            else:
                raise
            raise StackError(message) from error

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the home for this process alone; the kernel lets go when the process ends."""
        with (self.run / "lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                raise StackError(
                    f"Another `mobula up` (process {lock.read().strip() or 'unknown'}) already "
                    f"uses {self.path}: stop it with Ctrl-C, or set MOBULA_HOME and MOBULA_PORT."
                ) from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield

    @property
    def restoring(self) -> Path:
        """The file that is there while `mobula restore` works."""
        return self.path / "restore-in-progress"

    def refuse_half_restored(self) -> None:
        """Raise a StackError when `mobula restore` was interrupted here."""
        if self.restoring.exists():
            raise StackError(
                f"`mobula restore` into {self.path} was interrupted: run it again with --replace. "
                "What was there before is in the directories replaced-* below it."
            )

    def secret_key(self) -> str:
        """Return the installation's secret key, made on first use and readable by us alone."""
        return KeyFiles(self.path).key()

    def key_environment(self) -> dict[str, str]:
        """Return the variables of the secret key and of those it replaced.

        A key in the environment is used instead of the file's. Raises StackError for a short one.
        """
        variable, replaced = "MOBULA_SECRET_KEY", "MOBULA_SECRET_KEY_FALLBACKS"
        of_environment = [word for word in os.environ.get(replaced, "").split(",") if word.strip()]
        if key := os.environ.get(variable):
            source, fallbacks = variable, of_environment
        else:
            files = KeyFiles(self.path)
            key, source = files.key(), f"The key in {files.current}"
            fallbacks = [*files.fallbacks(), *of_environment]
        if reason := weakness(key):
            raise StackError(f"{source} {reason}")
        return {variable: key, replaced: ",".join(fallbacks)}
