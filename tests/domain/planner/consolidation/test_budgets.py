"""How many nodes the budgets of disruption let go."""

from datetime import UTC, datetime

import pytest

from domain.configuration.spec import Budget, Disruption
from domain.planner.consolidation.budgets import allowed

# A Wednesday, 09:30 in Berlin.
NOW = datetime(2026, 1, 7, 8, 30, tzinfo=UTC)
IDLE, CONSOLIDATION = Disruption.IDLE, Disruption.CONSOLIDATION


def left(*budgets: Budget, nodes: int = 25, going: int = 0, reason: Disruption = IDLE) -> int:
    return allowed(budgets, NOW, nodes=nodes, disrupting=going, reason=reason)


def test_without_a_budget_any_may_go() -> None:
    assert left(going=3) == 25


@pytest.mark.parametrize(
    ("nodes", "allowed_of_25"), [(2, 2), (0, 0), ("10%", 3), ("0%", 0), ("100%", 25)]
)
def test_a_budget_is_a_number_or_a_percentage_rounded_up(
    nodes: int | str, allowed_of_25: int
) -> None:
    assert left(Budget(nodes=nodes)) == allowed_of_25


def test_what_goes_already_counts_and_the_strictest_wins() -> None:
    assert left(Budget(nodes=5), Budget(nodes="10%"), going=2) == 1
    assert left(Budget(nodes=1), going=4) == 0


def test_a_budget_holds_for_its_reasons_only() -> None:
    quiet = Budget(nodes=0, reasons=(CONSOLIDATION,))
    assert left(quiet) == 25
    assert left(quiet, reason=CONSOLIDATION) == 0
    assert left(Budget(nodes=1, reasons=(IDLE, CONSOLIDATION)), reason=CONSOLIDATION) == 1


@pytest.mark.parametrize(
    ("window", "is_open"),
    [
        ({"cron": "0 9 * * mon-fri", "minutes": 60, "time_zone": "Europe/Berlin"}, True),
        ({"cron": "0 9 * * mon-fri", "minutes": 60}, False),
        ({"days": ("wed",), "start": "09:00", "end": "10:00", "time_zone": "Europe/Berlin"}, True),
        ({"days": ("thu",), "start": "09:00", "end": "10:00", "time_zone": "Europe/Berlin"}, False),
        ({"days": ("tue",), "start": "22:00", "end": "09:00"}, True),
    ],
)
def test_a_window_opens_by_the_clock_of_its_time_zone(
    window: dict[str, object], is_open: bool
) -> None:
    assert left(Budget(nodes=0, **window)) == (0 if is_open else 25)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "unreadable",
    [
        Budget.model_construct(nodes="some"),
        Budget.model_construct(nodes="10"),
        Budget(nodes=9, cron="not a cron line", minutes=5),
        Budget(nodes=9, cron="0 8 * * *"),
        Budget(nodes=9, days=("mon",), start="08:00", end="09:00", time_zone="Europe/Nowhere"),
        Budget(nodes=9, start="08:00"),
    ],
)
def test_a_budget_that_cannot_be_read_lets_nothing_go(unreadable: Budget) -> None:
    assert left(unreadable, Budget(nodes=5)) == 0
