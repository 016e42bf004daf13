"""How a forecast did in the end: where it was too low, where too high, and what that cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from domain.strategies.forecast import whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a forecast had asked for at one moment, and what was needed then."""

    expected: float
    needed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Hindsight:
    """Hours of a group: `under` is work that would have waited, `over` is nodes without work."""

    hours: float
    under_node_hours: float
    over_node_hours: float
    over_usd: Decimal | None  # None: nobody knows the price of a node


def hindsight(
    outcomes: Sequence[Outcome], *, step: timedelta, usd_per_node_hour: Decimal | None = None
) -> Hindsight:
    """Return what following the forecast would have meant; each outcome stands for `step`."""
    hours = step / timedelta(hours=1)
    gaps = [whole(outcome.expected) - outcome.needed for outcome in outcomes]
    over = sum(gap for gap in gaps if gap > 0) * hours
    return Hindsight(
        hours=len(outcomes) * hours,
        under_node_hours=-sum(gap for gap in gaps if gap < 0) * hours,
        over_node_hours=over,
        over_usd=None
        if usd_per_node_hour is None
        else (Decimal(str(over)) * usd_per_node_hour).quantize(Decimal("0.0001")),
    )
