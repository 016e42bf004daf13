from celery import shared_task
from django.utils import timezone

from accounts.chain import checking, removed, sealing


@shared_task  # type: ignore[untyped-decorator]
def seal_audit() -> None:
    sealing.seal()


@shared_task  # type: ignore[untyped-decorator]
def note_removed_audit() -> None:
    removed.note_removed()


@shared_task  # type: ignore[untyped-decorator]
def check_audit() -> None:
    checking.check(timezone.now())
