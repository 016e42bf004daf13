from celery import shared_task

from clusters.test_runs import loop


@shared_task  # type: ignore[untyped-decorator]
def sweep() -> None:
    """Ask for every test run that is not settled: a lost message costs seconds, not a run."""
    for run_id in loop.due():
        advance_test_run.apply_async((run_id,), expires=5)


@shared_task  # type: ignore[untyped-decorator]
def advance_test_run(run_id: int) -> None:
    loop.advance(run_id)
