from celery import shared_task
from django.utils import timezone

from metering import ledger, partitions, rollups


@shared_task  # type: ignore[untyped-decorator]
def roll_up_samples() -> None:
    rollups.roll_up(timezone.now())


@shared_task  # type: ignore[untyped-decorator]
def post_costs() -> None:
    ledger.post(timezone.now())


@shared_task  # type: ignore[untyped-decorator]
def keep_partitions() -> None:
    now = timezone.now()
    partitions.prepare(now)
    rollups.forget(now)
