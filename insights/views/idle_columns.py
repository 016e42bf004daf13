"""The columns of the page of idle clusters."""

from __future__ import annotations

from dataclasses import replace

from domain.pricing import usd_of
from domain.wording import percent, usd
from tables.columns import Column, Table

# Rows are sorted as insights.queries.fleet.Standing; cells and the CSV take a ClusterLine.
IDLE = Table(
    name="idle",
    order="-status",
    columns=(
        Column(
            key="cluster",
            label="Cluster",
            value=lambda line: line.cluster.name,
            cell="insights/idle_cells.html#cluster",
            sort=lambda standing: standing.live.name.lower(),
            is_heading=True,
            csv={
                "cluster": lambda line: line.cluster.name,
                "owner": lambda line: str(line.cluster.owner),
            },
        ),
        Column(
            key="status",
            label="Status",
            value=lambda line: line.verdict.state.value,
            cell="insights/idle_cells.html#status",
            sort=lambda standing: (standing.is_idle, standing.idle_hourly),
            is_descending=True,
            csv={
                "status": lambda line: line.verdict.state.value,
                "reason": lambda line: line.verdict.reason,
                "idle_since": lambda line: line.verdict.idle_since,
            },
        ),
        Column(
            key="signals",
            label="Signals",
            value=lambda line: line.verdict.reason,
            cell="insights/idle_cells.html#signals",
            csv={},
        ),
        Column(
            key="stops",
            label="Terminates",
            value=lambda line: line.verdict.stops_at,
            cell="insights/idle_cells.html#stops",
            sort=lambda standing: standing.live.stops_at,
            css="text-nowrap",
            csv={"terminates_at": lambda line: line.verdict.stops_at},
        ),
        Column(
            key="usd_per_hour",
            label="$/h",
            value=lambda line: usd(line.cost.hourly_microusd),
            cell="insights/idle_cells.html#hourly",
            sort=lambda standing: standing.cost.hourly_microusd,
            is_number=True,
            is_descending=True,
            csv={"usd_per_hour": lambda line: float(usd_of(line.cost.hourly_microusd))},
        ),
        Column(
            key="wasted",
            label="Idle cost so far",
            value=lambda line: usd(line.wasted) if line.standing.is_idle else "–",
            is_number=True,
            csv={"idle_cost_usd": lambda line: float(usd_of(line.wasted))},
        ),
    ),
)

_BY_OWNER = Table(
    name="idle-cost",
    order="-idle",
    size=20,
    prefix="cost-",
    columns=(
        Column(
            key="name",
            label="Owner",
            value=lambda group: group.name,
            cell="insights/idle_cells.html#group",
            sort=lambda group: group.name.lower(),
            is_heading=True,
        ),
        Column(
            key="idle",
            label="Idle cost",
            value=lambda group: usd(group.cost.idle),
            sort=lambda group: group.cost.idle,
            is_number=True,
            is_descending=True,
        ),
        Column(
            key="reserved",
            label="Reserved, unused",
            value=lambda group: usd(group.cost.reserved_idle),
            sort=lambda group: group.cost.reserved_idle,
            is_number=True,
            is_descending=True,
        ),
        Column(
            key="infra",
            label="Idle nodes",
            value=lambda group: usd(group.cost.infra_idle),
            sort=lambda group: group.cost.infra_idle,
            is_number=True,
            is_descending=True,
        ),
        Column(
            key="share",
            label="Of their cost",
            value=lambda group: percent(group.cost.idle, group.cost.total),
            sort=lambda group: group.cost.idle / group.cost.total if group.cost.total else None,
            is_number=True,
            is_descending=True,
        ),
    ),
)


def idle_cost_columns(label: str) -> Table:
    """Return the table of what was spent idle; `label` says by what."""
    name, *others = _BY_OWNER.columns
    return replace(_BY_OWNER, columns=[replace(name, label=label), *others])
