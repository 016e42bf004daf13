"""The time that retention goes by, so that a wrong clock does not remove years of rows.

After a step of the machine's clock into the future every partition looks expired. So this clock
follows in steps of a few hours, one with each hourly round, and steps back at once. Whoever
corrects the machine's clock within a day loses at most the oldest six days, and after a standstill
of a week this clock has caught up in a day and a half.
"""

import logging
from datetime import datetime, timedelta

from django.db import transaction

from retention.models import Clock

log = logging.getLogger(__name__)
_STEP = timedelta(hours=6)
_PAUSE = timedelta(minutes=30)  # rounds in quick succession do not add up
_FAR = timedelta(days=1)


@transaction.atomic
def advance(now: datetime) -> datetime:
    """Move the clock towards `now`; return what it shows."""
    Clock.objects.get_or_create(pk=1, defaults={"at": now, "moved_at": now})
    clock = Clock.objects.select_for_update().get(pk=1)
    if clock.at < now and abs(now - clock.moved_at) < _PAUSE:
        return clock.at
    clock.at, clock.moved_at = min(now, clock.at + _STEP), now
    clock.save()
    if now - clock.at > _FAR:
        log.warning(
            "retention is behind the clock: after a standstill it catches up; "
            "if the clock is wrong, correct it",
            extra={"clock": now.isoformat(), "retention": clock.at.isoformat()},
        )
    return clock.at
