from celery import shared_task

from accounts.chain import removed, sealing


@shared_task  # type: ignore[untyped-decorator]
def seal_audit() -> None:
    sealing.seal()


@shared_task  # type: ignore[untyped-decorator]
def note_removed_audit() -> None:
    removed.note_removed()
