from django.utils import timezone

from retention import partitions


def bootstrap() -> None:
    """Make the first partitions."""
    partitions.prepare(timezone.now())
