"""Each change of a job is told until Mobula has stored exactly that."""

from typing import Any

from agent.jobs.book import LONGEST_TEXT, MOST_BYTES_A_SYNC, MOST_JOBS_A_SYNC, JobBook


def listed(submission_id: str | None, status: str = "RUNNING", **fields: Any) -> dict[str, Any]:
    """Return a job as Ray's dashboard lists it."""
    return {"submission_id": submission_id, "status": status, "entrypoint": "x", **fields}


def test_a_job_is_told_in_seconds_and_without_nulls() -> None:
    book = JobBook()
    book.see([listed("s1", start_time=1500, end_time=None, message=None, metadata=None)])
    (job,) = book.report()
    assert (job["started_at"], job["ended_at"]) == (1.5, None)
    assert (job["message"], job["metadata"]) == ("", {})


def test_a_job_is_told_again_until_it_is_acknowledged() -> None:
    book = JobBook()
    assert book.see([listed("s1")])
    assert book.report() == book.report() != []
    book.acknowledge(book.report())
    assert book.report() == []
    assert not book.see([listed("s1")])


def test_a_job_that_changed_while_it_was_told_is_told_again() -> None:
    book = JobBook()
    book.see([listed("s1")])
    told = book.report()
    book.see([listed("s1", "SUCCEEDED")])
    book.acknowledge(told)
    assert [job["status"] for job in book.report()] == ["SUCCEEDED"]


def test_a_job_that_ray_forgot_is_still_told() -> None:
    book = JobBook()
    book.see([listed("s1", "FAILED")])
    book.see([])
    assert [job["status"] for job in book.report()] == ["FAILED"]
    book.acknowledge(book.report())
    book.see([])
    assert book.submissions() == {}


def test_drivers_count_shells_and_running_jobs() -> None:
    book = JobBook()
    assert book.drivers is None
    book.see([listed(None), listed("s1", "PENDING"), listed("s2", "STOPPED")])
    assert book.drivers == 2
    assert book.submissions() == {"s1": True, "s2": False}


def test_a_sync_carries_only_so_many_jobs_and_the_oldest_first() -> None:
    book = JobBook()
    book.see([listed(f"s{n}", start_time=10_000 - n) for n in range(MOST_JOBS_A_SYNC + 1)])
    told = book.report()
    assert len(told) == MOST_JOBS_A_SYNC
    assert told[0]["submission_id"] == f"s{MOST_JOBS_A_SYNC}"
    book.acknowledge(told)
    assert [job["submission_id"] for job in book.report()] == ["s0"]


def test_long_texts_are_told_in_part_and_in_several_syncs() -> None:
    book = JobBook()
    book.see([listed(f"s{n}", entrypoint="x" * 99_999) for n in range(200)])
    first = book.report()
    assert {len(job["entrypoint"]) for job in first} == {LONGEST_TEXT}
    assert 0 < len(first) <= MOST_BYTES_A_SYNC // LONGEST_TEXT
    assert len(book.report(portion=0.5)) == len(first) // 2
    assert len(book.report(portion=1 / 64)) == 1
    book.acknowledge(first)
    assert book.report()[0] not in first
