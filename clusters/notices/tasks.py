from celery import shared_task

from clusters.notices import polling
from clusters.queues import Priority


@shared_task  # type: ignore[untyped-decorator]
def sweep() -> None:
    """Ask for a look into every queue, and forget those that are gone."""
    polling.forget_removed()
    for cloud_id in polling.due():
        poll.apply_async((cloud_id,), priority=Priority.LOOP.value, expires=5)


@shared_task  # type: ignore[untyped-decorator]
def poll(cloud_id: int) -> None:
    polling.poll(cloud_id)
