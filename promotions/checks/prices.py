"""What the release would cost against what is released now."""

from __future__ import annotations

from decimal import Decimal

from domain.pricing import microusd
from domain.wording import usd
from promotions.checks.answer import Answer, passed, warning
from promotions.evidence import gather
from promotions.models import ChangeRequest

# A most that grows by more than this is worth a look before it is approved.
_NOTABLE = Decimal("1.2")


def check_price(request: ChangeRequest) -> Answer:
    """Compare the prices of now and then."""
    shown = gather(request).shown
    now, before = shown["prices"], shown["prices_before"]
    facts = {"now": now, "before": before}
    if "most" not in now:
        return warning("The price is not known: a machine has none in the price list.", **facts)
    most = _usd(now["most"])
    if "most" not in before:
        return passed(f"At most {most} an hour.", **facts)
    words = f"At most {most} an hour; {_usd(before['most'])} now."
    grown = Decimal(now["most"]) > Decimal(before["most"]) * _NOTABLE
    return warning(words, **facts) if grown else passed(words, **facts)


def _usd(amount: str) -> str:
    return usd(microusd(Decimal(amount)))
