"""Numbers as people read them: money, durations, sizes. Pages, CSV and messages share these."""

from datetime import timedelta
from decimal import Decimal

from domain.pricing import MICROUSD_PER_USD, usd_of

_TEN_CENTS = MICROUSD_PER_USD // 10
_STEPS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_SIZES = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


def usd(microusd: int, *, places: int | None = None) -> str:
    """Return micro-dollars as "$1,234.50"; below ten cents with four places: "$0.0420"."""
    sign, amount = "−" if microusd < 0 else "", abs(int(microusd))
    if places is None:
        places = 2 if amount == 0 or amount >= _TEN_CENTS else 4
    smallest = MICROUSD_PER_USD // 10**places
    if 0 < amount < smallest:
        return f"{sign}<${usd_of(smallest):.{places}f}"
    # Whole numbers alone: a page with a year of costs has thousands of amounts.
    whole, rest = divmod((amount + smallest // 2) // smallest, 10**places)
    return f"{sign}${whole:,}.{rest:0{places}}" if places else f"{sign}${whole:,}"


def price(usd: Decimal) -> str:
    """Return a price with the places it has, two at least: "$0.0045"."""
    places = max(2, -int(usd.normalize().as_tuple().exponent))
    return f"${usd:,.{places}f}"


def duration(seconds: float | timedelta) -> str:
    """Return a length of time in its largest unit, and the next one below ten: "1 h 5 min"."""
    if isinstance(seconds, timedelta):
        seconds = seconds.total_seconds()
    if seconds < 1:
        return "0 s" if seconds < 0.05 else f"{seconds:.1f} s"
    for index, (size, unit) in enumerate(_STEPS):
        if seconds >= size:
            return _in_units(int(seconds), index, size, unit)
    raise AssertionError("A second or more fits one of the units.")


def _in_units(seconds: int, index: int, size: int, unit: str) -> str:
    whole, left = divmod(seconds, size)
    if whole >= 10 or index + 1 == len(_STEPS):
        return f"{whole} {unit}"
    next_size, next_unit = _STEPS[index + 1]
    rest = left // next_size
    return f"{whole} {unit} {rest} {next_unit}" if rest else f"{whole} {unit}"


def size(count: float) -> str:
    """Return a number of bytes with the unit that keeps it below 1,024: "1.5 GiB"."""
    for unit in _SIZES:
        if abs(count) < 1024 or unit == _SIZES[-1]:
            break
        count /= 1024
    return f"{_short(count)} {unit}"


def number(value: float | Decimal) -> str:
    """Return a number with separators and at most two decimals that say something."""
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def percent(part: float, whole: float) -> str:
    """Return `part` of `whole` as "42%", or "–" where there is no whole."""
    return f"{100 * part / whole:.0f}%" if whole else "–"


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.1f}"
