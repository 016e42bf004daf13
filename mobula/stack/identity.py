"""Which process is meant: its id together with its start time, as ids are used again."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import psutil

# psutil derives start times from the clock at boot, which may be stepped a little later on.
TOLERANCE_SECONDS = 2.0


@dataclass(frozen=True)
class Identity:
    """A process by its id and its start time (seconds since the epoch)."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> Self | None:
        """Return the identity of the process that has this id now; None when there is none."""
        try:
            process = psutil.Process(pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                return None
            return cls(pid=pid, started=process.create_time())
        except psutil.NoSuchProcess:
            return None

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """Return the identity noted in the file `path`; None when it is missing or broken."""
        try:
            noted = json.loads(path.read_text())
            return cls(pid=int(noted["pid"]), started=float(noted["started"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, path: Path) -> None:
        """Note the identity in the file `path`, whole or not at all."""
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps(asdict(self)))
        draft.replace(path)

    def alive(self) -> bool:
        """Return whether that very process still runs."""
        now = Identity.of(self.pid)
        return now is not None and abs(now.started - self.started) < TOLERANCE_SECONDS
