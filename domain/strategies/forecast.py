"""How many nodes the next two days will need, from the days before, and how right that was lately.

Exponential smoothing with a season (Holt-Winters, of statsmodels) says the middle. How far it was
off on each of the last days, at the same hour, says the band around it and the error beside it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

STEP = timedelta(hours=1)
DAY, WEEK = 24, 7 * 24  # steps
AHEAD = 2 * DAY
LEAST = DAY
LONGEST = 28 * DAY  # older history says little about tomorrow
TESTED_DAYS = 7
# A season is seen when it was there twice; a week is believed after it was tested on two days.
CYCLES, LEAST_TESTS_OF_A_WEEK = 2, 2
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
    season: str  # "day", "week" or "none"
    # Weighted MAPE over the last days, each forecast from the days before it; None: not tested.
    error_percent: float | None
    tested_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """The most nodes that a forecast sees within a time, and when."""

    nodes: int
    at: datetime


@dataclass(frozen=True, slots=True)
class _Test:
    """One season, tried on the last days: what came and what had been said, day by day."""

    season: int
    actual: Any  # numpy arrays, one row a day
    told: Any

    @property
    def days(self) -> int:
        return len(self.actual)

    def error_percent(self, *, days: int | None = None) -> float | None:
        """Return 100 × Σ|actual − told| ÷ Σ actual; where nothing was needed, 0 or 100."""
        import numpy as np

        actual, told = self.actual[-(days or self.days) :], self.told[-(days or self.days) :]
        if not len(actual):
            return None
        missed, needed = float(np.abs(actual - told).sum()), float(actual.sum())
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
    test = _best_test(values)
    middle = _told(values, season=test.season, steps=AHEAD)
    errors = _errors_by_hour(values, test)
    p50, upper = (
        tuple(
            round(max(0.0, float(middle[step] + np.quantile(errors[step % DAY], one))), 3)
            for step in range(AHEAD)
        )
        for one in (0.5, quantile)
    )
    error = test.error_percent()
    return Prediction(
        starts_at=start,
        p50=p50,
        upper=upper,
        quantile=quantile,
        season={DAY: "day", WEEK: "week"}.get(test.season, "none"),
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
            "The forecast has not been tested yet: that takes three days of history. "
            "Until then it only shows."
        )
    if error > max_error_percent:
        return (
            f"The forecast was {error:g} % off over the last {prediction.tested_days} days, "
            f"more than the {max_error_percent:g} % allowed (max_error_percent): it only shows."
        )
    return ""


def need_of(prediction: Prediction, *, now: datetime, ahead: timedelta) -> Need | None:
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
    return Need(nodes=nodes, at=max(at, now))


def whole(nodes: float) -> int:
    """Return the whole nodes for a fraction of them."""
    return max(0, math.ceil(nodes - NOISE))


def _best_test(values: Any) -> _Test:
    """Return the season that was closest on the last days, with its test."""
    length = len(values)
    if length < CYCLES * DAY:
        return _test(values, season=0)
    day = _test(values, season=DAY)
    week = _test(values, season=WEEK) if length > CYCLES * WEEK else None
    if week is None or week.days < LEAST_TESTS_OF_A_WEEK:
        return day
    rivals = [(one.error_percent(days=week.days) or 0.0, one) for one in (day, week)]
    return min(rivals, key=lambda rival: rival[0])[1]


def _test(values: Any, *, season: int) -> _Test:
    import numpy as np

    possible = (len(values) - CYCLES * season) // DAY if season else 0
    days = range(min(TESTED_DAYS, possible), 0, -1)
    cuts = [len(values) - day * DAY for day in days]
    actual = [values[cut : cut + DAY] for cut in cuts]
    told = [np.clip(_told(values[:cut], season=season, steps=DAY), 0, None) for cut in cuts]
    return _Test(season, np.array(actual), np.array(told))


def _errors_by_hour(values: Any, test: _Test) -> list[Any]:
    """Return for each of the next 24 hours how far off that hour and its neighbours were."""
    import numpy as np

    if not test.days:
        return [values - values.mean() if not test.season else np.zeros(1)] * DAY
    errors = test.actual - test.told  # every tested day began at the hour the forecast begins at
    return [errors[:, [hour - 1, hour, (hour + 1) % DAY]].ravel() for hour in range(DAY)]


def _told(values: Any, *, season: int, steps: int) -> Any:
    """Return the next steps as the smoothing sees them; the same values give the same answer."""
    import warnings

    import numpy as np

    if np.ptp(values) == 0:  # nothing to fit
        return np.full(steps, values[0])
    # Late: statsmodels takes seconds to import, and only the worker that forecasts needs it.
    from statsmodels.tools.sm_exceptions import ConvergenceWarning
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    model = ExponentialSmoothing(
        values,
        seasonal="add" if season else None,
        seasonal_periods=season or None,
        initialization_method="heuristic",
    )
    with warnings.catch_warnings():
        # A poor fit is seen in the test of the last days, which decides.
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.nan_to_num(model.fit().forecast(steps))
