"""A rate card is set by the service's rules, whoever calls it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from accounts.errors import Invalid
from accounts.models import User
from domain.pricing import RateCard
from insights.services import change_rate_card
from metering.models import RateCardVersion

pytestmark = pytest.mark.django_db


def card(price: str) -> RateCard:
    """A card whose CPUs cost this much an hour."""
    free = Decimal(0)
    return RateCard(usd_per_cpu_hour=Decimal(price), usd_per_gib_hour=free, usd_per_gpu_hour=free)


@pytest.mark.parametrize("price", ["-0.01", "NaN", "0.1234567", "10000000"])
def test_price_that_cannot_be_is_refused(adam: User, price: str) -> None:
    with pytest.raises(Invalid) as refusal:
        change_rate_card(card(price), note="", by=adam)
    assert refusal.value.errors[0].field == "usd_per_cpu_hour"
    assert not RateCardVersion.objects.exists()


def test_note_has_an_end(adam: User) -> None:
    with pytest.raises(Invalid, match="at most 200") as refusal:
        change_rate_card(card("0.1"), note="x" * 201, by=adam)
    assert refusal.value.field == "note"
