"""The values that the tests of metering share."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from metering.models import Interval

CLUSTER = UUID("00000000-0000-4000-8000-000000000001")
OTHER = UUID("00000000-0000-4000-8000-000000000002")
NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)  # the day the clocks change in Europe
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

type Opener = Callable[..., Interval]
