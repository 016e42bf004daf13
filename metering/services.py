from datetime import datetime

from django.db import transaction
from django.utils import timezone

from domain.pricing import RateCard
from metering.models import RateCardVersion


@transaction.atomic
def set_rate_card(
    card: RateCard,
    *,
    author_id: int | None,
    cloud_kind: str = "local",
    cloud_id: int | None = None,
    note: str = "",
    is_default: bool = False,
    valid_from: datetime | None = None,
) -> RateCardVersion:
    """Return the new version of a cloud's rate card, which prices nodes started from now on.

    Nodes keep the price they started at; nothing in the past is priced again.
    """
    return RateCardVersion.objects.create(
        cloud_kind=cloud_kind,
        cloud_id=cloud_id,
        usd_per_cpu_hour=card.usd_per_cpu_hour,
        usd_per_gib_hour=card.usd_per_gib_hour,
        usd_per_gpu_hour=card.usd_per_gpu_hour,
        valid_from=valid_from or timezone.now(),
        author_id=author_id,
        note=note,
        is_default=is_default,
    )
