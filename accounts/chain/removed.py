"""What retention has removed of the audit trail: whole months, each noted in the trail itself.

Seals stay when their entries go, so the chain holds from its first row on. The note says until when
entries are gone, and is an entry of the chain like any other: it tells what retention removed from
what someone else did.
"""

from datetime import UTC, datetime

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from accounts.chain.sealing import lock
from accounts.models import AuditEntry, AuditSeal
from retention import partitions
from retention.tables import AUDIT

ACTION = "audit.rows_removed"


class Removed:
    """Whether an entry of some time may be gone; asks the database once for each month."""

    def __init__(self) -> None:
        self._before = max(removed_before(), AUDIT.oldest(timezone.now()))
        self._months: dict[str, bool] = {}

    def covers(self, at: datetime) -> bool:
        """Return whether retention has removed the month of `at`."""
        month = AUDIT.name(at)
        if month not in self._months:
            is_there = month in partitions.names(AUDIT)
            self._months[month] = at < self._before and not is_there
        return self._months[month]


def removed_before() -> datetime:
    """Return until when entries are gone, as the newest note says."""
    note = AuditEntry.objects.filter(action=ACTION).order_by("-pk").first()
    text = str((note.after or {}).get("before", "")) if note else ""
    return parse_datetime(text) or datetime.min.replace(tzinfo=UTC)


@transaction.atomic
def note_removed() -> bool:
    """Note the months that retention has removed since the last note; False: there is none."""
    months = partitions.names(AUDIT)
    if not months or not lock():
        return False
    oldest = datetime.strptime(months[0][-8:], "%Y%m%d").replace(tzinfo=UTC)
    before, noted = min(oldest, AUDIT.oldest(timezone.now())), removed_before()
    gone = AuditSeal.objects.filter(entry_at__lt=before, entry_at__gte=noted)
    last = gone.aggregate(position=Max("position"))["position"]
    if last is None:
        return False
    AuditEntry.objects.create(
        action=ACTION,
        subject_kind="audit",
        subject_name="Audit log",
        after={
            "before": before.isoformat(),
            "rows": gone.count(),
            "last_row": last,
            "digest": bytes(AuditSeal.objects.get(position=last).digest).hex(),
            "kept_days": AUDIT.days,
        },
    )
    return True
