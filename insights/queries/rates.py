"""The rate card that holds, what came before it, and who set it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from accounts.models import User
from domain.pricing import BYTES_PER_GIB, hourly_microusd
from domain.wording import price
from metering.models import RateCardVersion
from metering.rates import rate_card, rate_history

EXAMPLES = ((2, 4, 0), (8, 32, 0), (16, 64, 1))  # cores, GiB, GPUs


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRow:
    """One version of the card, and who set it ("" came with Mobula)."""

    version: RateCardVersion
    author: str

    @property
    def cpu(self) -> str:
        return price(self.version.usd_per_cpu_hour)

    @property
    def gib(self) -> str:
        return price(self.version.usd_per_gib_hour)

    @property
    def gpu(self) -> str:
        return price(self.version.usd_per_gpu_hour)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """What a machine of a size costs under the card, in micro-dollars an hour."""

    size: str
    hourly: int

    @property
    def daily(self) -> int:
        return 24 * self.hourly

    @property
    def monthly(self) -> int:
        return 30 * self.daily


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The card of local machines: the version in effect, the history, and examples."""

    current: CardRow | None
    history: Sequence[CardRow]
    examples: Sequence[Example]

    @property
    def prices(self) -> dict[str, str]:
        """The prices that hold now, by the names of the form's fields."""
        if self.current is None:
            return {}
        card = rate_card(self.current.version)
        return {field.name: f"{getattr(card, field.name).normalize():f}" for field in fields(card)}


def local_card(now: datetime) -> Card:
    """Return the rate card of local machines, in two queries."""
    versions = rate_history(None)
    authors = User.objects.in_bulk({v.author_id for v in versions if v.author_id})
    history = [
        CardRow(version=version, author=str(authors.get(version.author_id or 0, "")))
        for version in versions
    ]
    current = next((row for row in history if row.version.valid_from <= now), None)
    return Card(current=current, history=history, examples=_examples(current))


def _examples(current: CardRow | None) -> list[Example]:
    if current is None:
        return []
    card = rate_card(current.version)
    return [
        Example(
            size=f"{cores} CPU, {gib} GiB" + (f", {gpus} GPU" if gpus else ""),
            hourly=hourly_microusd(card, vcpus=cores, memory_bytes=gib * BYTES_PER_GIB, gpus=gpus),
        )
        for cores, gib, gpus in EXAMPLES
    ]
