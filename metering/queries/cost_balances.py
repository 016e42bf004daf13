"""A range of UTC days as the difference of two balances, so that its length does not matter.

Nearly all accounts have a row on the day itself: those are read together, in the order of the
table. Only where nothing was paid on it the last row before is looked up, account by account.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from metering.queries.cost_terms import CostFilter

_UNTIL_LAST = "coalesce(last_day.{0}, last_paid.{0}, account.{0})"
_BEFORE_FIRST = "coalesce(day_before.{0}, paid_before.{0}, 0)"
# An account without cost after the range has its balance itself; one without cost before has none.
_BALANCES = """
    metering_costaccount AS account
    LEFT JOIN metering_costbalance AS last_day
        ON last_day.account_id = account.id AND last_day.day = %(last)s
            AND account.last_day > %(last)s
    LEFT JOIN LATERAL (
        SELECT * FROM metering_costbalance
        WHERE account_id = account.id AND day < %(last)s
            AND account.last_day > %(last)s AND last_day.account_id IS NULL
        ORDER BY day DESC LIMIT 1
    ) AS last_paid ON true
    LEFT JOIN metering_costbalance AS day_before
        ON day_before.account_id = account.id AND day_before.day = %(first)s::date - 1
            AND account.first_day < %(first)s
    LEFT JOIN LATERAL (
        SELECT * FROM metering_costbalance
        WHERE account_id = account.id AND day < %(first)s::date - 1
            AND account.first_day < %(first)s AND day_before.account_id IS NULL
        ORDER BY day DESC LIMIT 1
    ) AS paid_before ON true
"""


def rows_of_range(
    *, filters: CostFilter, keys: str, amounts: Sequence[str]
) -> tuple[str, dict[str, Any]]:
    """Return the SQL of each account's amounts from %(first)s to %(last)s, and its other values.

    An account that cost nothing in the range may have a row: its seconds are 0.
    """
    narrowed, parameters = filters.narrowing()
    values = ", ".join(
        f"{_UNTIL_LAST.format(amount)} - {_BEFORE_FIRST.format(amount)} AS {amount}"
        for amount in amounts
    )
    rows = (
        f"SELECT {keys}, {values} FROM {_BALANCES} "  # noqa: S608 - of constants
        f"WHERE account.first_day <= %(last)s AND account.last_day >= %(first)s{narrowed}"
    )
    return rows, parameters
