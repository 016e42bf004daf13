"""What the Scaling page reads: demand with verdicts, groups with floors, and what a plan would do.

Nothing here writes: looking at a page launches nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice

from django.utils.timezone import now

from clusters.models import Cluster, Group, Node
from clusters.queries.clusters import GroupRow, nodes_of
from clusters.queries.strategies import floors_shown
from clusters.scaling.plan_request import request_for
from domain.demand import Demand, demand_from_report, describe
from domain.demand.text import demand_from_text, text_of
from domain.lifecycle import NodeRole
from domain.planner import Plan, PlannedGroup, PlanRequest, plan
from domain.planner.limits import raised_floor
from domain.planner.model import NodePhase
from domain.planner.verdicts import DemandLine, explained, outcome, waits_inside
from domain.strategies.model import Floor

# A page shows so many lines of demand, the CSV more.
SHOWN, EXPORTED = 30, 1_000
# What an address holds, with its signs written as %3A, in every server on the way.
LONGEST_TEXT = 2_000
# Placement groups are planned bundle by bundle: more would keep the page waiting.
MOST_BUNDLES = 2_000
NOW = "now"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLine:
    """A group with its nodes, the fewest it is kept at now, and what it keeps free."""

    row: GroupRow
    floor: int
    floors: tuple[Floor, ...]  # what raises it
    spare: int
    spare_usd: Decimal | None  # an hour, for all of them


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingNow:
    """The live part of the page."""

    demand: list[DemandLine]
    hidden: int  # lines of demand beyond those
    groups: list[GroupLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """What was asked, and the plan for it or what is wrong with the question."""

    text: str = ""
    is_now: bool = False
    error: str = ""
    plan: Plan | None = None
    inside: list[tuple[int, str]] = field(default_factory=list)  # what waits in placement groups

    @property
    def outcome(self) -> str:
        return outcome(self.plan) if self.plan else ""

    @property
    def waits(self) -> list[tuple[int, str]]:
        """What would have to wait: how many, and of what and why."""
        left = self.plan.unserved if self.plan else ()
        waits = [(item.count, f"{describe(item.resources)}: {item.reason}") for item in left]
        return waits + self.inside


def scaling_now(
    cluster: Cluster, nodes: Sequence[Node], rows: Sequence[GroupRow], *, shown: int = SHOWN
) -> ScalingNow:
    """Return what waits in the cluster, where it would fit, and how each group stands."""
    demand = demand_from_report(cluster.run.demand)
    request = request_now(cluster, nodes, [row.group for row in rows], demand=demand)
    lines = (
        request.demand.shapes,
        request.demand.gangs,
        request.demand.standing_requests,
        request.demand.inside_groups,
    )
    planned = {group.name: group for group in request.groups}
    waiting = list(islice(explained(request), shown))
    return ScalingNow(
        demand=waiting,
        hidden=max(0, sum(map(len, lines)) - sum(line.requests for line in waiting)),
        groups=[_group_line(row, planned[row.group.name], request) for row in rows],
    )


def request_now(
    cluster: Cluster, nodes: Sequence[Node], groups: Sequence[Group], *, demand: Demand
) -> PlanRequest:
    """Return what the next pass would ask the planner, with the floors that the last one saw."""
    floors = floors_shown(cluster, moment=now())
    return request_for(cluster, groups, nodes, floors=floors, demand=demand)


def what_if(cluster: Cluster, text: str | None) -> WhatIf:
    """Return the plan for the demand in `text`, or for what waits now where it says "now"."""
    if text is None:
        return WhatIf(text=text_of(demand_from_report(cluster.run.demand), longest=LONGEST_TEXT))
    try:
        demand = _asked(cluster, text)
    except ValueError as error:
        return WhatIf(text=text[:LONGEST_TEXT], error=_sentence(str(error)))
    groups = list(cluster.groups.filter(role=NodeRole.WORKER))
    answer = plan(request_now(cluster, nodes_of(cluster), groups, demand=demand))
    is_now = text.strip() == NOW
    shown = text_of(demand, longest=LONGEST_TEXT) if is_now else text
    return WhatIf(text=shown, is_now=is_now, plan=answer, inside=waits_inside(demand))


def _asked(cluster: Cluster, text: str) -> Demand:
    if text.strip() == NOW:
        return demand_from_report(cluster.run.demand)
    if len(text) > LONGEST_TEXT:
        raise ValueError(
            f"The demand has {len(text):,} characters; a URL holds {LONGEST_TEXT:,}. "
            "Write equal shapes on one line with their count, or use mobula plan with a file."
        )
    demand = demand_from_text(text)
    bundles = sum(len(gang.bundles) for gang in demand.gangs)
    if bundles > MOST_BUNDLES:
        raise ValueError(
            f"The placement groups have {bundles:,} bundles; the limit here is {MOST_BUNDLES:,}. "
            "Enter fewer, or use mobula plan with a file."
        )
    return demand


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _group_line(row: GroupRow, group: PlannedGroup, request: PlanRequest) -> GroupLine:
    spare = _spare(group, request)
    usd = group.offers[0].hourly_usd if group.offers else None
    return GroupLine(
        row=row,
        floor=raised_floor(group),
        floors=tuple(floor for floor in group.floors if floor.nodes > group.min_nodes),
        spare=spare,
        spare_usd=None if usd is None else usd * spare,
    )


def _spare(group: PlannedGroup, request: PlanRequest) -> int:
    working = sum(
        node.group == group.name and node.phase is NodePhase.READY and node.idle_seconds is None
        for node in request.nodes
    )
    return group.spare(working=working)
