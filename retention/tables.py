"""The partitioned tables: how each is cut, and for how long its rows are kept."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from django.conf import settings


class Width(StrEnum):
    """How long a partition is, in UTC."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class Partitioned:
    """A table cut by time; `keep` names its number of days in the setting KEEP_DAYS."""

    table: str
    column: str
    keep: str
    width: Width = Width.DAY
    has_default: bool = False  # rows outside all partitions are taken, not refused

    @property
    def days(self) -> int:
        """Return for how many days rows are kept; 0: indefinitely."""
        return int(settings.KEEP_DAYS[self.keep])

    def bounds(self, at: datetime) -> tuple[datetime, datetime]:
        """Return the first moment of the partition that holds `at`, and of the next one."""
        day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        if self.width is Width.DAY:
            return day, day + timedelta(days=1)
        if self.width is Width.WEEK:
            monday = day - timedelta(days=day.weekday())
            return monday, monday + timedelta(days=7)
        first = day.replace(day=1)
        return first, (first + timedelta(days=32)).replace(day=1)

    def oldest(self, now: datetime) -> datetime:
        """Return the first moment that is still kept at `now`."""
        if not self.days:
            return datetime.min.replace(tzinfo=UTC)
        return self.bounds(now - timedelta(days=self.days))[0]

    def name(self, at: datetime) -> str:
        """Return the name of the partition that holds `at`."""
        return f"{self.table}_p{self.bounds(at)[0]:%Y%m%d}"

    @property
    def default(self) -> str:
        """Return the name of the partition of the rows that fit in no other."""
        return f"{self.table}_default"


AUDIT = Partitioned(
    table="accounts_auditentry", column="at", keep="audit", width=Width.MONTH, has_default=True
)
EVENTS = Partitioned(
    table="clusters_event", column="at", keep="events", width=Width.MONTH, has_default=True
)
DECISIONS = Partitioned(
    table="clusters_scalingdecision",
    column="at",
    keep="decisions",
    width=Width.WEEK,
    has_default=True,
)
SCALING_SAMPLES = Partitioned(
    table="clusters_scalingsample",
    column="at",
    keep="scaling_samples",
    width=Width.WEEK,
    has_default=True,
)
JOB_LOGS = Partitioned(table="clusters_joblog", column="at", keep="job_logs", has_default=True)
NODE_LOGS = Partitioned(table="clusters_nodelog", column="at", keep="node_logs", has_default=True)
SAMPLES = Partitioned(table="metering_sample", column="at", keep="samples")
ROLLUP_1M = Partitioned(table="metering_rollup_1m", column="bucket", keep="minutes")
ROLLUP_5M = Partitioned(table="metering_rollup_5m", column="bucket", keep="five_minutes")
ROLLUP_1H = Partitioned(
    table="metering_rollup_1h", column="bucket", keep="hours", width=Width.MONTH
)
TEAM_1M = Partitioned(table="metering_team_1m", column="bucket", keep="minutes")
TEAM_5M = Partitioned(table="metering_team_5m", column="bucket", keep="five_minutes")
TEAM_1H = Partitioned(table="metering_team_1h", column="bucket", keep="hours", width=Width.MONTH)
ALL = (
    AUDIT, EVENTS, DECISIONS, SCALING_SAMPLES, JOB_LOGS, NODE_LOGS,
    SAMPLES, ROLLUP_1M, ROLLUP_5M, ROLLUP_1H, TEAM_1M, TEAM_5M, TEAM_1H,
)  # fmt: skip
