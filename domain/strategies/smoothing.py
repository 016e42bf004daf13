"""How a series of hours goes on: a day or a week that repeats (statsmodels), or workdays."""

import warnings
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

DAY, WEEK = 24, 7 * 24
_PERIODS = {"none": 0, "day": DAY, "week": WEEK}
_CYCLES = 2  # a season is seen when it was there twice


@dataclass(frozen=True, slots=True)
class Hours:
    """One value for each hour from `begins` on; `values` is an array of numpy."""

    values: Any
    begins: datetime

    def until(self, count: int) -> "Hours":
        """Return only the first hours."""
        return Hours(self.values[:count], self.begins)

    def can(self, season: str) -> bool:
        """Return whether there are enough hours to see the season."""
        if season == "workdays":
            return len(set(self._kinds(len(self.values)))) == 2 * DAY
        return len(self.values) >= _CYCLES * _PERIODS[season]

    def told(self, season: str, *, steps: int) -> Any:
        """Return the hours that follow; the same values always give the same."""
        import numpy as np

        if np.ptp(self.values) == 0:  # nothing to fit
            return np.full(steps, self.values[0])
        if season == "workdays":
            return self._by_kind(steps)
        return self._smoothed(_PERIODS[season], steps)

    def _smoothed(self, period: int, steps: int) -> Any:
        """Return what Holt-Winters exponential smoothing says."""
        import numpy as np

        # Late: statsmodels takes seconds to import, and only the worker that forecasts needs it.
        from statsmodels.tools.sm_exceptions import ConvergenceWarning
        from statsmodels.tsa.holtwinters import ExponentialSmoothing

        model = ExponentialSmoothing(
            self.values,
            seasonal="add" if period else None,
            seasonal_periods=period or None,
            initialization_method="heuristic",
        )
        with warnings.catch_warnings():
            # A poor fit is seen in the test of the last days, which decides.
            warnings.simplefilter("ignore", ConvergenceWarning)
            warnings.simplefilter("ignore", RuntimeWarning)
            return np.nan_to_num(model.fit().forecast(steps))

    def _by_kind(self, steps: int) -> Any:
        """Return the mean of that hour of workdays or of weekends."""
        import numpy as np

        length = len(self.values)
        kinds = np.array(self._kinds(length + steps))
        sums = np.bincount(kinds[:length], weights=self.values, minlength=2 * DAY)
        return (sums / np.bincount(kinds[:length], minlength=2 * DAY))[kinds[length:]]

    def _kinds(self, count: int) -> list[int]:
        """Return for each hour which of the 24 of a workday or of a weekend it is."""
        moments = (self.begins + timedelta(hours=place) for place in range(count))
        return [at.hour + DAY * (at.weekday() >= 5) for at in moments]
