"""Which rate card holds for a cloud at a moment."""

from datetime import datetime

from django.db.models import F, Q

from domain.pricing import DEFAULT_CARD, RateCard
from metering.models import RateCardVersion


def current_rate(
    cloud_id: int | None, at: datetime, *, kind: str = "local"
) -> RateCardVersion | None:
    """Return the card that holds for this cloud at `at`: its own, else the one of its kind."""
    return (
        RateCardVersion.objects.filter(
            Q(cloud_id=cloud_id) | Q(cloud_id=None), cloud_kind=kind, valid_from__lte=at
        )
        .order_by(F("cloud_id").desc(nulls_last=True), "-valid_from")
        .first()
    )


def rate_history(cloud_id: int | None, *, kind: str = "local") -> list[RateCardVersion]:
    """Return all versions of one card, the newest first."""
    return list(
        RateCardVersion.objects.filter(cloud_id=cloud_id, cloud_kind=kind).order_by("-valid_from")
    )


def rate_card(version: RateCardVersion) -> RateCard:
    """Return the version's prices as `domain.pricing` takes them."""
    return RateCard(
        usd_per_cpu_hour=version.usd_per_cpu_hour,
        usd_per_gib_hour=version.usd_per_gib_hour,
        usd_per_gpu_hour=version.usd_per_gpu_hour,
    )


def weights(at: datetime) -> RateCard:
    """Return the prices that weigh a node's resources against each other at `at`."""
    version = current_rate(None, at)
    return rate_card(version) if version else DEFAULT_CARD
