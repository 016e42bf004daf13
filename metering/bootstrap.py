from datetime import UTC, datetime

from domain.pricing import DEFAULT_CARD
from metering.models import RateCardVersion
from metering.services import set_rate_card
from providers import registry


def bootstrap() -> None:
    """Make a guess at what this machine costs, marked as such."""
    for kind in registry.kinds_with(lambda traits: traits.has_default_rates):
        if not RateCardVersion.objects.filter(cloud_kind=kind).exists():
            _guess(kind)


def _guess(kind: str) -> None:
    set_rate_card(
        DEFAULT_CARD,
        cloud_kind=kind,
        author_id=None,
        note="Default prices. Replace them with your own.",
        is_default=True,
        valid_from=datetime(2020, 1, 1, tzinfo=UTC),
    )
