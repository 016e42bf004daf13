from celery import shared_task
from django.utils import timezone

from clouds import checking, refreshing

# A region's prices are some dozen pages; the broker hands a message out again after 300 s.
_LIMITS = {"soft_time_limit": 240, "time_limit": 270}


@shared_task(
    bind=True, autoretry_for=(refreshing.TryAgain,), retry_backoff=15, max_retries=3, **_LIMITS
)  # type: ignore[untyped-decorator]
def refresh_catalogue(self, refresh_id: int) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    is_last = self.request.retries >= self.max_retries
    refreshing.refresh(refresh_id, is_last_try=is_last)


@shared_task  # type: ignore[untyped-decorator]
def refresh_what_is_old() -> None:
    """Ask again, once a day, for the regions that someone refreshed by hand."""
    for refresh in refreshing.begin_old(now=timezone.now()):
        refresh_catalogue.delay(refresh.pk)


# All checks of a round together take 15 s.
@shared_task(soft_time_limit=60, time_limit=80)  # type: ignore[untyped-decorator]
def check_cloud(check_id: int) -> None:
    checking.carry_out(check_id)
