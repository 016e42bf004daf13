"""Split a node's price into what was used, what was held in vain, and what nobody asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from domain.pricing import BYTES_PER_GIB, RateCard


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One resource of a node over a slice of time: means, all in the same unit; None: unknown."""

    capacity: float
    held: float | None = None
    used: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Where the micro-dollars of a slice went; none is negative, together they are the price."""

    used: int = 0
    reserved_idle: int = 0  # held by tasks or actors that did not use it
    infra_idle: int = 0  # neither held nor used
    control: int = 0  # the head node
    overhead: int = 0  # boot and drain

    @property
    def total(self) -> int:
        return self.used + self.reserved_idle + self.infra_idle + self.control + self.overhead


def control(microusd: int) -> Parts:
    """Return the price of a head node, which runs the cluster and not the work."""
    return Parts(control=microusd)


def overhead(microusd: int) -> Parts:
    """Return the price of a node before Ray on it has joined, or after it took no new work."""
    return Parts(overhead=microusd)


def split_work(microusd: int, *, card: RateCard, cpu: Use, memory: Use, gpu: Use) -> Parts:
    """Return the parts of a worker's price for a slice of time; `memory` is in bytes.

    The card's rates weigh the resources against each other and are scaled to the node's price.
    A resource of which nothing is known is left out; when that goes for all of them, nobody is
    known to have used the node. Held but of unknown use counts as used: idle is never guessed.
    """
    weights = _weights(card, cpu=cpu, memory=memory, gpu=gpu)
    whole = sum((weight for weight, _ in weights), Fraction(0))
    if not whole:
        return Parts(infra_idle=microusd)
    used = sum((weight * _used(use) for weight, use in weights), Fraction(0)) / whole
    busy = sum((weight * _busy(use) for weight, use in weights), Fraction(0)) / whole
    # Rounded as one running sum, so that the parts never add up to more than the price.
    used_microusd, busy_microusd = int(microusd * used), int(microusd * busy)
    return Parts(
        used=used_microusd,
        reserved_idle=busy_microusd - used_microusd,
        infra_idle=microusd - busy_microusd,
    )


def _weights(card: RateCard, *, cpu: Use, memory: Use, gpu: Use) -> Sequence[tuple[Fraction, Use]]:
    """Return the price that the card puts on each resource that is there and known."""
    rates = (
        (Fraction(card.usd_per_cpu_hour), cpu),
        (Fraction(card.usd_per_gib_hour) / BYTES_PER_GIB, memory),
        (Fraction(card.usd_per_gpu_hour), gpu),
    )
    known = [(rate * Fraction(use.capacity), use) for rate, use in rates if _is_known(use)]
    if any(weight for weight, _ in known):
        return known
    # A card without prices still says nothing against sharing evenly.
    return [(Fraction(1), use) for _, use in known]


def _is_known(use: Use) -> bool:
    return use.capacity > 0 and not (use.held is None and use.used is None)


def _used(use: Use) -> Fraction:
    """Return the used part of the capacity, from 0 to 1."""
    return _part(use.held if use.used is None else use.used, use.capacity)


def _busy(use: Use) -> Fraction:
    """Return the part of the capacity that was held or used, from 0 to 1."""
    return max(_used(use), _part(use.held, use.capacity))


def _part(amount: float | None, capacity: float) -> Fraction:
    if amount is None or amount <= 0:
        return Fraction(0)
    return min(Fraction(1), Fraction(amount) / Fraction(capacity))
