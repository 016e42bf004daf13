"""Rate cards: each change is a new version; the past stays as it was."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from domain.pricing import RateCard
from metering import rates
from metering.bootstrap import bootstrap
from metering.models import RateCardVersion
from metering.services import set_rate_card

from .cast import DAY, HOUR, NOON

pytestmark = pytest.mark.django_db


def card(cpu: str) -> RateCard:
    return RateCard(
        usd_per_cpu_hour=Decimal(cpu),
        usd_per_gib_hour=Decimal("0.004"),
        usd_per_gpu_hour=Decimal(1),
    )


def test_the_first_card_is_a_guess_and_says_so() -> None:
    bootstrap()
    bootstrap()
    version = RateCardVersion.objects.get(cloud_kind="local")
    assert version.is_default
    assert version.author_id is None
    assert rates.current_rate(None, NOON) == version


def test_bootstrap_leaves_a_card_that_somebody_set_alone() -> None:
    mine = set_rate_card(card("0.5"), author_id=3, valid_from=NOON)
    bootstrap()
    assert rates.current_rate(None, NOON) == mine


def test_a_card_holds_from_its_moment_on() -> None:
    old = set_rate_card(card("0.03"), author_id=3, valid_from=NOON)
    new = set_rate_card(card("0.05"), author_id=3, valid_from=NOON + DAY, note="New contract.")
    assert rates.current_rate(None, NOON - HOUR) is None
    assert rates.current_rate(None, NOON) == old
    assert rates.current_rate(None, NOON + DAY) == new
    assert rates.rate_card(new).usd_per_cpu_hour == Decimal("0.05")
    assert rates.rate_history(None) == [new, old]


def test_a_clouds_own_card_goes_before_that_of_its_kind() -> None:
    own = set_rate_card(card("0.01"), author_id=3, cloud_id=8, valid_from=NOON)
    everybodys = set_rate_card(card("0.02"), author_id=3, valid_from=NOON + HOUR)
    assert rates.current_rate(8, NOON + DAY) == own
    assert rates.current_rate(9, NOON + DAY) == everybodys
    assert rates.current_rate(9, NOON + DAY, kind="fake") is None


@pytest.mark.parametrize(
    "change",
    [lambda rows: rows.update(usd_per_cpu_hour=9), lambda rows: rows.delete()],
    ids=["update", "delete"],
)
def test_versions_cannot_be_changed_or_deleted(
    change: Callable[[QuerySet[RateCardVersion]], object],
) -> None:
    set_rate_card(card("0.01"), author_id=3)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        change(RateCardVersion.objects.all())


def test_prices_below_zero_and_two_cards_at_one_moment_are_refused() -> None:
    set_rate_card(card("0.01"), author_id=3, valid_from=NOON)
    for refused in (card("-1"), card("0.02")):
        with pytest.raises(IntegrityError), transaction.atomic():
            set_rate_card(refused, author_id=3, valid_from=NOON)
