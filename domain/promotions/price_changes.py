"""What a release would cost against what is released now, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from domain.estimate import HOURS_A_MONTH
from domain.pricing import microusd
from domain.wording import usd

# As the price table of the editor names them.
LABELS: Mapping[str, str] = {"least": "Minimum", "at_launch": "At launch", "most": "Maximum"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceChange:
    """One price, now and then, for an hour and a month; "" where it is not known."""

    label: str
    before: str
    after: str
    before_month: str
    after_month: str
    difference: str  # for an hour, such as "+$1.20"
    tone: str


def price_changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[PriceChange]:
    """Return the prices that are known on either side; both are USD per hour, as text."""
    return [
        PriceChange(
            label=label,
            before=hour_in_words(before.get(name)),
            after=hour_in_words(after.get(name)),
            before_month=_month(before.get(name)),
            after_month=_month(after.get(name)),
            difference=difference_in_words(before.get(name), after.get(name)),
            tone=_tone(before.get(name), after.get(name)),
        )
        for name, label in LABELS.items()
        if name in before or name in after
    ]


def difference_in_words(before: str | None, after: str | None) -> str:
    """Return how much more or less an hour costs, such as "+$1.20"; "" where it is not known."""
    if not before or not after:
        return ""
    amount = Decimal(after) - Decimal(before)
    if not amount:
        return "No change"
    words = usd(microusd(amount))
    return f"+{words}" if amount > 0 else words


def _tone(before: str | None, after: str | None) -> str:
    if not before or not after or Decimal(before) == Decimal(after):
        return "quiet"
    return "warn" if Decimal(after) > Decimal(before) else "good"


def hour_in_words(amount: str | None) -> str:
    """Return USD as text in words; "" where there are none."""
    return usd(microusd(Decimal(amount))) if amount else ""


def _month(amount: str | None) -> str:
    if not amount:
        return ""
    hourly = Decimal(amount)
    return usd(microusd(hourly * HOURS_A_MONTH), places=0 if hourly >= 1 else 2)
