"""What Mobula has been told about each submitted job, and what it still has to hear."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    Job = dict[str, Any]


MOST_JOBS_A_SYNC = 500
ACTIVE = frozenset({"PENDING", "RUNNING"})


def describe(job: Job) -> Job:
    """Return a submitted job in the protocol's words; times are seconds since 1970."""
    return {
        "submission_id": job["submission_id"],
        "job_id": job.get("job_id"),
        "status": job["status"],
        "entrypoint": job.get("entrypoint") or "",
        "started_at": _seconds(job.get("start_time")),
        "ended_at": _seconds(job.get("end_time")),
        "message": job.get("message") or "",
        "metadata": job.get("metadata") or {},
    }


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
            # A job that Ray forgot before Mobula heard of its end is still to be told.
            self._seen = {**self._untold(), **seen}
            self._drivers = sum(job["status"] in ACTIVE for job in listing)
        return changed

    def report(self) -> list[Job]:
        """Return the jobs that changed since Mobula last acknowledged them, oldest first."""
        with self._lock:
            untold = list(self._untold().values())
        return sorted(untold, key=lambda job: job["started_at"] or 0.0)[:MOST_JOBS_A_SYNC]

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
