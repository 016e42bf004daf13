from celery import shared_task
from django.utils import timezone

from metering import ledger, rollups, windows


@shared_task  # type: ignore[untyped-decorator]
def roll_up_samples() -> None:
    rollups.roll_up(timezone.now())


@shared_task  # type: ignore[untyped-decorator]
def post_costs() -> None:
    ledger.post(timezone.now())


@shared_task  # type: ignore[untyped-decorator]
def refresh_use() -> None:
    windows.refresh(timezone.now())


@shared_task  # type: ignore[untyped-decorator]
def forget_cursors() -> None:
    rollups.forget(timezone.now())
