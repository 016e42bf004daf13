"""Which roll-up answers a question about a range: fine enough, no finer, and still kept."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from retention.tables import ROLLUP_1H, ROLLUP_1M, ROLLUP_5M, Partitioned


@dataclass(frozen=True, slots=True)
class Level:
    """A roll-up table, how long a bucket is, for how long it is kept, and what weighs its rows."""

    table: str
    length: timedelta
    kept: Partitioned | None
    weight: str = ""

    @property
    def team_table(self) -> str:
        """The same of whole teams, see `metering.team_rollups`."""
        return self.table.replace("rollup", "team")

    def reaches(self, since: datetime, now: datetime) -> bool:
        return self.kept is None or since >= self.kept.oldest(now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The clusters of a team, or of these those of a template, of a user, or of both."""

    team_id: int
    template_id: int | None = None
    owner_id: int | None = None

    def parameters(self) -> dict[str, int]:
        """Return the key of its rows in the roll-ups of teams, where 0 means all."""
        return {
            "team": self.team_id,
            "template": self.template_id or 0,
            "owner": self.owner_id or 0,
        }


MAX_POINTS = 400

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_1M, _5M, _1H, _1D = (timedelta(minutes=length) for length in (1, 5, 60, 1440))
_STEPS = (
    _1M, _5M, 2 * _5M,
    _1H, 2 * _1H, 3 * _1H, 4 * _1H, 6 * _1H, 12 * _1H,
    _1D, 2 * _1D, 7 * _1D, 28 * _1D,
)  # fmt: skip
# The finest first; days are kept for ever. A mean of hours or days weighs each by how many five
# minutes of it were measured, so that a cluster's first hour counts for as long as it lasted.
_LEVELS = (
    Level(ROLLUP_1M.table, _1M, ROLLUP_1M),
    Level(ROLLUP_5M.table, _5M, ROLLUP_5M),
    Level(ROLLUP_1H.table, _1H, ROLLUP_1H, weight="buckets"),
    Level("metering_rollup_1d", _1D, None, weight="buckets"),
)
# A mean is read from the coarsest level that cuts its range into as many pieces.
_ENOUGH = 24
_MOST_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class RollupSource:
    """Which roll-up to read from where on, and the length of a step."""

    level: Level
    start: datetime
    step: timedelta

    @property
    def table(self) -> str:
        return self.level.table

    def mean(self, measure: str) -> str:
        """Return the SQL of the measure's mean over many buckets."""
        mean, weight = f"{measure}_mean", self.level.weight
        if not weight:
            return f"avg({mean})"
        return f"sum({mean} * {weight}) / sum({weight}) FILTER (WHERE {mean} IS NOT NULL)"


def source_of_series(since: datetime, until: datetime, now: datetime) -> RollupSource:
    """Return the coarsest roll-up that is fine enough for 400 points and still kept."""
    # One point more than whole steps: a range seldom starts on one.
    wanted = (step for step in _STEPS if (until - since) / step + 1 <= MAX_POINTS)
    step = next(wanted, _STEPS[-1])
    return _kept(max(level.length for level in _LEVELS if level.length <= step), since, now, step)


def source_of_means(
    since: datetime, until: datetime, now: datetime, *, each: int = 1
) -> RollupSource:
    """Return the coarsest roll-up that cuts the range into enough buckets and is still kept.

    It is coarser where `each` of so many rows a bucket would come to too many.
    """
    length = max(
        (level.length for level in _LEVELS if level.length * _ENOUGH <= until - since), default=_1M
    )
    few = (level.length for level in _LEVELS if each * (until - since) / level.length <= _MOST_ROWS)
    return _kept(max(length, next(few, _1D)), since, now)


def _kept(
    length: timedelta, since: datetime, now: datetime, step: timedelta = timedelta(0)
) -> RollupSource:
    """Return the level of this length, or the next coarser one that is still kept."""
    level = next(level for level in _LEVELS if level.length >= length and level.reaches(since, now))
    step = max(step, level.length)
    return RollupSource(level, since - (since - _EPOCH) % step, step)
