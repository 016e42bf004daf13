"""Where environments are: one directory for each fingerprint, used once it is whole."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FINGERPRINT = re.compile(r"[0-9a-f]{64}\Z")
_WHOLE = "mobula-environment.json"


class Busy(Exception):
    """Somebody else builds, uses or removes it at this moment."""


@dataclass(frozen=True, slots=True)
class EnvironmentStore:
    """The environments below `root`, for any number of processes at once.

    One that was left half built has no record and is built anew, from nothing.
    """

    root: Path

    def path_of(self, fingerprint: str) -> Path:
        """Return where the environment is, or will be."""
        if not _FINGERPRINT.match(fingerprint):
            raise ValueError(f"{fingerprint!r} is not a fingerprint")
        # Scripts name their Python in a first line of 127 bytes at most: half of it is enough.
        return self.root / fingerprint[:32]

    def record_of(self, fingerprint: str) -> Mapping[str, Any] | None:
        """Return what was written down when it was whole; None where it is not."""
        try:
            content = (self.path_of(fingerprint) / _WHOLE).read_text()
        except FileNotFoundError:
            return None
        record: dict[str, Any] = json.loads(content)
        return record

    @contextlib.contextmanager
    def building(self, fingerprint: str) -> Iterator[Path]:
        """Give an empty directory to build in; what is not recorded in the end is removed.

        Raises `Busy` where another process builds it.
        """
        path = self.path_of(fingerprint)
        with self._locked(fingerprint):
            shutil.rmtree(path, ignore_errors=True)
            path.mkdir(parents=True, mode=0o755)
            try:
                yield path
            finally:
                if not (path / _WHOLE).exists():
                    shutil.rmtree(path, ignore_errors=True)

    def keep(self, fingerprint: str, record: Mapping[str, Any]) -> None:
        """Write down that it is whole: from now on clusters can use it."""
        path = self.path_of(fingerprint)
        draft = path / f".{_WHOLE}.{os.getpid()}"
        draft.write_text(json.dumps({**record, "fingerprint": fingerprint}, sort_keys=True))
        draft.rename(path / _WHOLE)

    def collect(self, *, needed: Collection[str], older_than: float) -> list[Path]:
        """Remove environments that no fingerprint of `needed` names; return where they were.

        Those younger than so many seconds stay: a version that names one may be on its way.
        """
        kept = {self.path_of(fingerprint) for fingerprint in needed}
        removed = []
        for path in sorted(self.root.iterdir() if self.root.exists() else ()):
            if path in kept or not path.is_dir() or _age(path) < older_than:
                continue
            with contextlib.suppress(Busy), self._locked(path.name):
                (path / _WHOLE).unlink(missing_ok=True)  # never half there and recorded
                shutil.rmtree(path, ignore_errors=True)
                removed.append(path)
        return removed

    @contextlib.contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        self.root.mkdir(parents=True, exist_ok=True, mode=0o755)
        lock = os.open(self.root / f".{name[:32]}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Busy from error
            yield
        finally:
            os.close(lock)


def _age(path: Path) -> float:
    """Return how long nothing was written into the directory, in seconds."""
    with contextlib.suppress(FileNotFoundError):
        return max(0.0, time.time() - path.stat().st_mtime)
    return 0.0
