"""What an admin changes on the insights pages."""

from dataclasses import asdict

from django.db import transaction
from django.utils.timezone import now

from accounts.errors import FieldError, Invalid, as_invalid, raise_if_any
from accounts.models import User
from accounts.permissions import Action, may, require
from accounts.services import record
from domain.pricing import RateCard
from metering.models import RateCardVersion
from metering.rates import current_rate
from metering.services import set_rate_card

NOTE_LENGTH = 200
_NOT_PRICES = {"cloud_kind", "cloud_id", "valid_from", "author_id", "note"}


@transaction.atomic
def change_rate_card(card: RateCard, *, note: str, by: User) -> RateCardVersion:
    """Return the new card of local machines; what runs already keeps its price.

    Raises `Invalid`.
    """
    require(may(by, Action.MANAGE_INSTALLATION, team=None))
    raise_if_any(_wrong_prices(card))
    if len(note) > NOTE_LENGTH:
        raise Invalid.at("note", f"Use at most {NOTE_LENGTH} characters.")
    before = current_rate(None, now())
    version = set_rate_card(card, author_id=by.pk, note=note)
    record(
        "rate-card.changed",
        actor=by,
        subject=version,
        before=_prices(before) if before else None,
        after=_prices(version),
        reason=note,
    )
    return version


def _wrong_prices(card: RateCard) -> list[FieldError]:
    with as_invalid():
        RateCardVersion(**asdict(card)).clean_fields(exclude=_NOT_PRICES)
    return [
        FieldError(name, "A price is 0 or more.")
        for name, price in asdict(card).items()
        if price < 0
    ]


def _prices(version: RateCardVersion) -> dict[str, object]:
    return {
        "usd_per_cpu_hour": version.usd_per_cpu_hour,
        "usd_per_gib_hour": version.usd_per_gib_hour,
        "usd_per_gpu_hour": version.usd_per_gpu_hour,
    }
