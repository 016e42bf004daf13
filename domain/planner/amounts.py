"""Resources as whole numbers, so that a plan never hangs on a float's last bit."""

from collections.abc import Mapping

from domain.demand import Resources

type Amounts = Mapping[str, int]  # in ten-thousandths, the step in which Ray counts

STEPS = 10_000
# No cluster has more of anything; the largest floats have no whole number of steps.
MOST = 10**18


def exact(resources: Resources) -> dict[str, int]:
    """Return `resources` in ten-thousandths; what is asked for is never rounded to nothing."""
    return {
        name: max(1, round(min(amount, MOST) * STEPS))
        for name, amount in resources.items()
        if amount > 0
    }


def plain(amounts: Amounts) -> dict[str, float]:
    """Return `amounts` as Ray and people write them."""
    return {name: amount / STEPS for name, amount in amounts.items()}


def times_in(room: Amounts, need: Amounts, *, at_most: int) -> int:
    """Return how many times `need` fits into `room`, `at_most` that many."""
    for name, amount in need.items():
        there = room.get(name, 0)
        if there < amount:
            return 0
        at_most = min(at_most, there // amount)
    return at_most


def less(room: Amounts, need: Amounts, *, times: int) -> dict[str, int]:
    """Return what is left of `room` once `need` was taken out of it so many times."""
    return {name: amount - times * need.get(name, 0) for name, amount in room.items()}


def add(total: dict[str, int], amounts: Amounts, *, times: int = 1) -> None:
    """Add `amounts` so many times to `total`."""
    for name, amount in amounts.items():
        total[name] = total.get(name, 0) + times * amount
