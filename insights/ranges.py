"""The stretches of time that pages offer; each is a word in the address."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeRange:
    """A stretch of time that ends now, or with today."""

    key: str
    words: str
    length: timedelta

    def since(self, now: datetime) -> datetime:
        """Return its beginning."""
        return now - self.length

    def days(self, now: datetime) -> tuple[date, date]:
        """Return its first and last UTC day, both included."""
        last = now.astimezone(UTC).date()
        return last - self.length + timedelta(days=1), last


def _range(key: str, words: str, **length: float) -> TimeRange:
    return TimeRange(key=key, words=words, length=timedelta(**length))


OF_USE = (
    _range("1h", "the last hour", hours=1),
    _range("6h", "the last 6 hours", hours=6),
    _range("24h", "the last 24 hours", hours=24),
    _range("7d", "the last 7 days", days=7),
    _range("30d", "the last 30 days", days=30),
)
OF_COST = (
    _range("7d", "the last 7 days", days=7),
    _range("14d", "the last 14 days", days=14),
    _range("30d", "the last 30 days", days=30),
    _range("90d", "the last 90 days", days=90),
    _range("365d", "the last 365 days", days=365),
)


def chosen(key: str | None, *, among: Sequence[TimeRange], otherwise: str) -> TimeRange:
    """Return the range of that key, or the one of the key `otherwise`."""
    by_key = {span.key: span for span in among}
    return by_key.get(key or "", by_key[otherwise])


def month_so_far(now: datetime) -> tuple[date, date]:
    """Return the first day of this UTC month, and today."""
    today = now.astimezone(UTC).date()
    return today.replace(day=1), today
