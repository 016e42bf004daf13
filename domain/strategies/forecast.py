"""How many nodes the next two days will need, from the days before, and how right that was lately.

The season that was closest on the last days says the middle (see `smoothing`). How far it was off
on each of these days, at the same hour, says the band around it and the error beside it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from domain.strategies.smoothing import Hours

STEP = timedelta(hours=1)
DAY = 24  # steps
AHEAD = 2 * DAY
LEAST = DAY
LONGEST = 28 * DAY  # older history says little about tomorrow
TESTED_DAYS = 7
# A season other than the day is believed after it was tested on so many days.
LEAST_TESTS = 3
# A silence of up to so many hours is a fault of the measuring; a longer one is a cluster at rest.
LONGEST_SILENCE = 3
# Less than this of a node is noise, not one more node.
NOISE = 0.1

type Series = Sequence[tuple[datetime, float]]


class NotEnough(ValueError):
    """There is too little history; the message says how much there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """Nodes needed in each hour from `starts_at` on: the middle, and the quantile asked for."""

    starts_at: datetime
    p50: tuple[float, ...]
    upper: tuple[float, ...]
    quantile: float
    season: str  # "day", "week", "workdays" (and weekends), or "none"
    # Weighted MAPE over the last days, each forecast from the days before it; None: not tested.
    error_percent: float | None
    tested_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastPeak:
    """The most nodes that a forecast sees within a time, and when."""

    nodes: int
    at: datetime


@dataclass(frozen=True, slots=True)
class _Test:
    """One season, tried on the last days: what came and what had been said, day by day."""

    season: str
    actual: Any  # numpy arrays, one row a day
    told: Any

    @property
    def days(self) -> int:
        return len(self.actual)

    def error_percent(self, *, days: int | None = None) -> float | None:
        """Return 100 × Σ|actual − told| ÷ Σ actual; where nothing was needed, 0 or 100."""
        import numpy as np

        actual, predicted = self.actual[-(days or self.days) :], self.told[-(days or self.days) :]
        if not len(actual):
            return None
        missed, needed = float(np.abs(actual - predicted).sum()), float(actual.sum())
        if needed == 0:
            return 0.0 if missed < NOISE * actual.size else 100.0
        return 100 * missed / needed


def predict(history: Series, *, now: datetime, quantile: float) -> Prediction:
    """Return the forecast of the next 48 hours from samples of any step; raises NotEnough."""
    import numpy as np

    start = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    values = np.array(hourly(history, until=start)[-LONGEST:], dtype=float)
    if len(values) < LEAST:
        raise NotEnough(
            f"A forecast needs {LEAST} hours of history; there are {len(values)} so far."
        )
    known = Hours(values, start - len(values) * STEP)
    test = _best_test(known)
    middle = known.told(test.season, steps=AHEAD)
    errors = _errors_by_hour(known, test)
    p50, upper = (
        tuple(
            round(max(0.0, float(middle[step] + np.quantile(errors[step % DAY], level))), 3)
            for step in range(AHEAD)
        )
        for level in (0.5, quantile)
    )
    error = test.error_percent()
    return Prediction(
        starts_at=start,
        p50=p50,
        upper=upper,
        quantile=quantile,
        season=test.season,
        error_percent=None if error is None else round(error, 1),
        tested_days=test.days,
    )


def hourly(history: Series, *, until: datetime) -> list[float]:
    """Return the mean of each whole hour before `until`, from the first sample's hour on."""
    sums: dict[datetime, tuple[float, int]] = {}
    for at, value in history:
        hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        if hour < until:
            total, count = sums.get(hour, (0.0, 0))
            sums[hour] = total + value, count + 1
    known = [(hour, total / count) for hour, (total, count) in sorted(sums.items())]
    filled: list[float] = []
    for (hour, value), (following, _) in pairwise([*known, (until, 0.0)]):
        silent = (following - hour) // STEP - 1
        filled += [value, *[value if silent <= LONGEST_SILENCE else 0.0] * silent]
    return filled


def why_not_used(prediction: Prediction, *, max_error_percent: float) -> str:
    """Return why the forecast must not start nodes, as a sentence; empty if it may."""
    error = prediction.error_percent
    if error is None:
        return (
            "The forecast has no backtest yet: it needs three days of history. Until then it "
            "only shows."
        )
    if error > max_error_percent:
        return (
            f"The forecast was {error:g} % off over the last {prediction.tested_days} days, "
            f"more than the {max_error_percent:g} % allowed (max_error_percent): it only shows."
        )
    return ""


def need_of(prediction: Prediction, *, now: datetime, ahead: timedelta) -> ForecastPeak | None:
    """Return the most nodes needed from now until `ahead`; None once the forecast has run out."""
    steps = [
        (value, prediction.starts_at + place * STEP)
        for place, value in enumerate(prediction.upper)
        if prediction.starts_at + (place + 1) * STEP > now
        and prediction.starts_at + place * STEP <= now + ahead
    ]
    if not steps:
        return None
    nodes, at = max(((whole(value), at) for value, at in steps), key=lambda step: step[0])
    return ForecastPeak(nodes=nodes, at=max(at, now))


def whole(nodes: float) -> int:
    """Return the whole nodes for a fraction of them."""
    return max(0, math.ceil(nodes - NOISE))


def _best_test(history: Hours) -> _Test:
    """Return the season that was closest on the last days, with its test."""
    day = _test(history, "day" if history.can("day") else "none")
    others = [_test(history, season) for season in ("workdays", "week") if history.can(season)]
    rivals = [test for test in others if test.days >= LEAST_TESTS]
    if not rivals:
        return day
    shared = min(test.days for test in (day, *rivals))  # on other days, others had it easier
    return min((day, *rivals), key=lambda test: test.error_percent(days=shared) or 0.0)


def _test(history: Hours, season: str) -> _Test:
    import numpy as np

    length = len(history.values)
    cuts = [length - day * DAY for day in range(min(TESTED_DAYS, length // DAY), 0, -1)]
    cuts = [cut for cut in cuts if history.until(cut).can(season)] if season != "none" else []
    actual = [history.values[cut : cut + DAY] for cut in cuts]
    forecasts = [history.until(cut).told(season, steps=DAY) for cut in cuts]
    return _Test(season, np.array(actual), np.clip(np.array(forecasts), 0, None))


def _errors_by_hour(history: Hours, test: _Test) -> list[Any]:
    """Return for each of the next 24 hours how far off that hour and its neighbours were."""
    import numpy as np

    if not test.days:
        values = history.values
        return [values - values.mean() if test.season == "none" else np.zeros(1)] * DAY
    errors = test.actual - test.told  # every tested day began at the hour the forecast begins at
    return [errors[:, [hour - 1, hour, (hour + 1) % DAY]].ravel() for hour in range(DAY)]
