"""Which table of teams' days has the fewest rows that can still be told apart as asked."""

from __future__ import annotations

from metering.models import Scope
from metering.queries.cost_terms import COLUMNS, CostFilter, GroupBy

_SCOPES = {
    "template_id": Scope.TEMPLATE,
    "owner_id": Scope.OWNER,
    "group": Scope.GROUP,
}


def days_of_teams(filters: CostFilter, group_by: GroupBy = GroupBy.TEAM) -> str:
    """Return the table of teams' days to read for these filters and groups, none of them clusters.

    One row a day where only teams matter; a row for each template, user or group where one of
    these does; otherwise a row for each combination.
    """
    _, narrowing = filters.narrowing()
    columns = {COLUMNS[group_by][0], *narrowing} & _SCOPES.keys()
    if len(columns) > 1:
        return "metering_costteamday"
    scope = _SCOPES[columns.pop()] if columns else Scope.TEAM
    return f"(SELECT * FROM metering_costscopeday WHERE scope = '{scope}') AS of_scope"  # noqa: S608 - of constants
