"""The clusters of a team by how much of them was paid for and not used, one row each."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import connection

from metering.models import UseWindow
from metering.queries.levels import Scope


class UseOrder(StrEnum):
    """What the rows may be ordered by, the highest first."""

    WASTED = "wasted"
    HELD_UNUSED = "held"
    PAID = "paid"
    CPU = "cpu"
    MEMORY = "memory"
    GPU = "gpu"


_ORDERS = {
    UseOrder.WASTED: "held_unused + unreserved",
    UseOrder.HELD_UNUSED: "held_unused",
    UseOrder.PAID: "paid",
    UseOrder.CPU: "cpu_used / nullif(cpu_capacity, 0)",
    UseOrder.MEMORY: "memory_used / nullif(memory_capacity, 0)",
    UseOrder.GPU: "gpu_used / nullif(gpu_capacity, 0)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class UseLine:
    """One cluster in one range; see metering.models.ClusterUse."""

    cluster_id: UUID
    cpu_capacity: float | None
    cpu_held: float | None
    cpu_used: float | None
    cpu_p50: float | None
    cpu_p95: float | None
    cpu_max: float | None
    memory_capacity: float | None
    memory_held: float | None
    memory_used: float | None
    memory_p50: float | None
    memory_p95: float | None
    memory_max: float | None
    gpu_capacity: float | None
    gpu_held: float | None
    gpu_used: float | None
    gpu_p50: float | None
    gpu_p95: float | None
    gpu_max: float | None
    held_unused: int
    unreserved: int
    paid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UsePage:
    """Some of the rows in order; the sums and the count are of all."""

    lines: tuple[UseLine, ...]
    count: int = 0
    held_unused: int = 0
    unreserved: int = 0
    paid: int = 0
    computed_at: datetime | None = None


_FIELDS = tuple(field.name for field in fields(UseLine))


def cluster_uses(
    window: str,
    scope: Scope,
    *,
    order: UseOrder = UseOrder.WASTED,
    ascending: bool = False,
    offset: int = 0,
    limit: int = 100,
) -> UsePage:
    """Return a page of the scope's clusters; reads one row a cluster, whatever the range."""
    direction = "ASC" if ascending else "DESC"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT {", ".join(_FIELDS)}, count(*) OVER (),
                    sum(held_unused) OVER (), sum(unreserved) OVER (), sum(paid) OVER ()
                FROM metering_clusteruse
                WHERE "window" = %(window)s AND team_id = %(team)s
                    AND (%(template)s = 0 OR template_id = %(template)s)
                    AND (%(owner)s = 0 OR owner_id = %(owner)s)
                ORDER BY {_ORDERS[order]} {direction} NULLS LAST, cluster_id
                OFFSET %(offset)s LIMIT %(limit)s""",  # noqa: S608 - of constants
            {"window": window, "offset": offset, "limit": limit, **scope.parameters()},
        )
        rows = cursor.fetchall()
    lines = tuple(UseLine(**dict(zip(_FIELDS, row, strict=False))) for row in rows)
    computed = UseWindow.objects.filter(key=window).values_list("computed_at", flat=True).first()
    if not rows:
        return UsePage(lines=(), computed_at=computed)
    count, held_unused, unreserved, paid = rows[0][len(_FIELDS) :]
    return UsePage(
        lines=lines,
        count=count,
        held_unused=int(held_unused),
        unreserved=int(unreserved),
        paid=int(paid),
        computed_at=computed,
    )
