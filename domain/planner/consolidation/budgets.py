"""How many nodes may be taken away now, by the budgets of disruption of a configuration."""

import re
from collections.abc import Iterable
from datetime import datetime
from math import ceil

from domain.configuration.spec import Budget, Disruption
from domain.strategies.schedule import has_window, window_of

_PERCENT = re.compile(r"(\d{1,3})%")


def allowed(
    budgets: Iterable[Budget], now: datetime, *, nodes: int, disrupting: int, reason: Disruption
) -> int:
    """Return how many more nodes may go at `now` for this reason, the strictest budget first.

    `nodes` is how many there are, `disrupting` how many of them are going already. Without a
    budget any may go. A percentage is rounded up; a budget that cannot be read allows none.
    """
    limits = [
        _limit(budget, now, nodes=nodes)
        for budget in budgets
        if not budget.reasons or reason in budget.reasons
    ]
    known = [limit for limit in limits if limit is not None]
    return max(0, min(known) - disrupting) if known else nodes


def _limit(budget: Budget, now: datetime, *, nodes: int) -> int | None:
    """Return how many of so many nodes the budget lets go at once; None: it does not hold now."""
    try:
        if has_window(budget) and not window_of(budget).is_open(now):
            return None
        return _count(budget.nodes, nodes=nodes)
    except ValueError:
        return 0


def _count(wanted: int | str, *, nodes: int) -> int:
    if isinstance(wanted, int):
        return wanted
    found = _PERCENT.fullmatch(wanted.strip())
    if found is None:
        raise ValueError(f"{wanted!r} is neither a number of nodes nor a percentage.")
    return ceil(nodes * int(found[1]) / 100)
