from datetime import UTC, datetime
from decimal import Decimal

from django.utils import timezone

from domain.pricing import RateCard
from metering import partitions
from metering.models import RateCardVersion
from metering.services import set_rate_card

# What such machines cost to rent, roughly; an admin replaces it with what theirs cost.
LOCAL_CARD = RateCard(
    usd_per_cpu_hour=Decimal("0.033"),
    usd_per_gib_hour=Decimal("0.0045"),
    usd_per_gpu_hour=Decimal("0.95"),
)


def bootstrap() -> None:
    """Make the first partitions, and a guess at what this machine costs, marked as such."""
    partitions.prepare(timezone.now())
    if RateCardVersion.objects.filter(cloud_kind="local").exists():
        return
    set_rate_card(
        LOCAL_CARD,
        author_id=None,
        note="Plausible rental prices that came with Mobula. Replace them with your own.",
        is_default=True,
        valid_from=datetime(2020, 1, 1, tzinfo=UTC),
    )
