"""The list of change requests, with those that wait for the reader on top."""

from __future__ import annotations

from django.db.models.functions import Lower
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.models import Team
from accounts.queries import current_team
from accounts.requests import SignedInRequest, wants_part
from accounts.spreadsheets import csv_response
from domain.promotions.price_changes import difference_in_words
from domain.promotions.states import RequestState
from promotions import queries
from promotions.environments import environments_of, removed_environments
from tables.columns import Column, Table
from tables.pages import page_of, sorted_rows

ROWS_IN_CSV = 10_000
MOST_IN_INBOX = 20

TABLE = Table(
    name="change-requests",
    order="-change",
    columns=(
        Column(
            key="change",
            label="Change",
            value=lambda row: row.title,
            cell="promotions/cells.html#change",
            sort="pk",
            is_heading=True,
            is_descending=True,
            csv={
                "change": lambda row: row.title,
                "hotfix": lambda row: row.is_hotfix,
                "roll_back": lambda row: row.rolls_back_id is not None,
            },
        ),
        Column(
            key="version",
            label="Version",
            value=lambda row: str(row.version),
            cell="promotions/cells.html#version",
            sort=Lower("template__name"),
        ),
        Column(
            key="environment",
            label="Environment",
            value=lambda row: row.environment.name,
            sort="environment__position",
        ),
        Column(
            key="author",
            label="Requested by",
            value=lambda row: str(row.author),
            sort="author__email",
        ),
        Column(
            key="state",
            label="State",
            value=lambda row: row.state,
            cell="promotions/cells.html#state",
            sort="state",
        ),
        Column(
            key="since",
            label="Since",
            value=lambda row: row.state_since,
            cell="promotions/cells.html#since",
            sort="state_since",
            is_descending=True,
        ),
        Column(
            key="price",
            label="Max $/h",
            value=lambda row: difference_in_words(row.most_before, row.most),
            cell="promotions/cells.html#price",
            is_number=True,
            csv={
                "max_usd_per_hour": lambda row: row.most or "",
                "max_usd_per_hour_before": lambda row: row.most_before or "",
            },
        ),
    ),
)


@require_GET
def request_list(request: SignedInRequest) -> HttpResponse:
    """List the team's change requests: the open ones, or all."""
    team = current_team(request)
    only = queries.RequestFilter.of(request.GET)
    rows = queries.requests_of(team, only=only)
    if request.GET.get("format") == "csv":
        lines = TABLE.lines(sorted_rows(request, TABLE, rows)[:ROWS_IN_CSV])
        return csv_response("change-requests", header=TABLE.header, rows=lines)
    context = {
        "table": page_of(request, TABLE, rows),
        "inbox": queries.inbox_of(request.user, team=team)[:MOST_IN_INBOX],
        "only": only,
        "environments": _names_of_environments(team),
        "templates": queries.requested_templates(team),
        "states": list(RequestState),
    }
    partial = "#rows" if wants_part(request) else ""
    return render(request, f"promotions/list.html{partial}", context)


def _names_of_environments(team: Team) -> list[str]:
    """Return those to choose from: of the team now, and removed ones, which have requests too."""
    rows = [*environments_of(team), *removed_environments(team)]
    return list(dict.fromkeys(row.name for row in rows))
