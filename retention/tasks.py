from celery import shared_task
from django.utils import timezone

from retention import partitions


@shared_task  # type: ignore[untyped-decorator]
def keep_partitions() -> None:
    partitions.keep_up(timezone.now())
