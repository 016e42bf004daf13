"""What was reported about each submitted job, and what is still to be reported."""

from __future__ import annotations

import threading
from itertools import accumulate, takewhile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Job = dict[str, Any]


MOST_JOBS_A_SYNC, MOST_BYTES_A_SYNC = 500, 2**20
LONGEST_TEXT = 20_000  # Mobula keeps no more of an entrypoint or a message
ACTIVE = frozenset({"PENDING", "RUNNING"})


def describe(job: Job) -> Job:
    """Return a submitted job in the protocol's words; times are seconds since 1970."""
    return {
        "submission_id": job["submission_id"],
        "job_id": job.get("job_id"),
        "status": job["status"],
        "entrypoint": (job.get("entrypoint") or "")[:LONGEST_TEXT],
        "started_at": _seconds(job.get("start_time")),
        "ended_at": _seconds(job.get("end_time")),
        "message": (job.get("message") or "")[:LONGEST_TEXT],
        "metadata": job.get("metadata") or {},
    }


def _size(job: Job) -> int:
    return sum(len(str(value)) for value in job.values())


def _seconds(milliseconds: float | None) -> float | None:
    return milliseconds / 1000 if milliseconds else None


class JobBook:
    """Submitted jobs as last seen and as last acknowledged by Mobula; shared by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[str, Job] = {}
        self._acknowledged: dict[str, Job] = {}
        self._drivers: int | None = None

    @property
    def drivers(self) -> int | None:
        """How many jobs and drivers run now; None until Ray's dashboard said so."""
        return self._drivers

    def see(self, listing: list[Job]) -> bool:
        """Take in Ray's listing and say whether a submitted job is new or changed.

        Plain drivers (``ray.init()`` in a shell) have no submission id: they are only counted.
        """
        jobs = [describe(job) for job in listing if job.get("submission_id")]
        seen = {job["submission_id"]: job for job in jobs}
        with self._lock:
            changed = any(self._seen.get(key) != job for key, job in seen.items())
            # A job that Ray forgot before Mobula heard of its end is still to be reported.
            self._seen = {**self._untold(), **seen}
            self._drivers = sum(job["status"] in ACTIVE for job in listing)
        return changed

    def report(self, *, portion: float = 1.0) -> list[Job]:
        """Return the jobs that changed since Mobula last acknowledged them, oldest first.

        At least one, if any did; ``portion`` is how much of a full sync they may be.
        """
        with self._lock:
            untold = list(self._untold().values())
        untold.sort(key=lambda job: job["started_at"] or 0.0)
        sizes = accumulate(map(_size, untold[: int(MOST_JOBS_A_SYNC * portion)]))
        most = MOST_BYTES_A_SYNC * portion
        return untold[: max(1, sum(1 for _ in takewhile(lambda size: size <= most, sizes)))]

    def acknowledge(self, told: list[Job]) -> None:
        """Note that Mobula stored exactly these reports."""
        with self._lock:
            self._acknowledged.update({job["submission_id"]: job for job in told})
            for forgotten in self._acknowledged.keys() - self._seen.keys():
                del self._acknowledged[forgotten]

    def submissions(self) -> dict[str, bool]:
        """Return the submission id of every job seen, with whether it still runs."""
        with self._lock:
            return {key: job["status"] in ACTIVE for key, job in self._seen.items()}

    def _untold(self) -> dict[str, Job]:
        known = self._acknowledged
        return {key: job for key, job in self._seen.items() if known.get(key) != job}
