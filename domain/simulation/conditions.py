"""What the cloud does by itself: how long machines boot, when it has none, when it takes them back.

All of it follows from the seed. What it has none of, and when, is the same for every policy; how
long a machine boots and lives hangs on its number among those that the policy asked for.
"""

import math
from dataclasses import dataclass, field
from random import Random

from domain.offerings import Market

HOUR, DAY = 3600, 24 * 3600
# After so long a cloud says that it has no such machine.
REFUSAL_SECONDS = 5


@dataclass(frozen=True, kw_only=True, eq=False)
class Weather:
    """The cloud's luck."""

    seed: int = 1
    boot_seconds: float = 90  # the median
    boot_spread: float = 0.25  # of its logarithm: nine of ten are ready within 1.38 × the median
    interruptions_per_hour: float = 0.0  # of one spot machine
    notice_seconds: int = 120  # between the notice and the end of a spot machine
    spot_shortages_per_day: float = 0.0  # of each type
    on_demand_shortages_per_day: float = 0.0
    shortage_seconds: int = 1800  # on average
    _shortages: dict[tuple[str, Market], list[tuple[int, int]]] = field(
        default_factory=dict, init=False, repr=False
    )

    def boot_of(self, number: int) -> int:
        """Return how many seconds pass until this machine is in Ray."""
        drawn = stream(self.seed, "boot", number).lognormvariate(0, self.boot_spread)
        return max(1, round(self.boot_seconds * drawn))

    def life_of(self, number: int, market: Market) -> int | None:
        """Return after how many seconds this machine is taken back; None: never."""
        if market is not Market.SPOT or not self.interruptions_per_hour:
            return None
        rate = self.interruptions_per_hour / HOUR
        return max(1, round(stream(self.seed, "life", number).expovariate(rate)))

    def is_short(self, instance_type: str, market: Market, at: int) -> bool:
        """Return whether the cloud does not have this machine at that moment."""
        key = instance_type, market
        if key not in self._shortages:
            self._shortages[key] = self._drawn(instance_type, market)
        return any(start <= at < end for start, end in self._shortages[key])

    def _drawn(self, instance_type: str, market: Market) -> list[tuple[int, int]]:
        spot = market is Market.SPOT
        rate = self.spot_shortages_per_day if spot else self.on_demand_shortages_per_day
        if not rate:
            return []
        luck, at, shortages = stream(self.seed, "short", instance_type, market), 0.0, []
        while (at := at + luck.expovariate(rate / DAY)) < 60 * DAY:
            length = luck.expovariate(1 / self.shortage_seconds)
            shortages.append((int(at), math.ceil(at + length)))
            at += length
        return shortages


def stream(seed: int, *names: object) -> Random:
    """Return random numbers that hang on nothing but the seed and what they are for."""
    # A text seeds the same everywhere, a tuple's hash would not. Nothing here is a secret.
    return Random("/".join(map(str, (seed, *names))))  # noqa: S311
