"""Waits and findings as JSON keeps them with a cluster, and back."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from domain.health.model import Finding, Level, Step, StepKind, Verdict, Wait
from domain.planner.explanation.causes import StopKind


def plain_waits(waits: Sequence[Wait]) -> list[dict[str, Any]]:
    """Return the waits as JSON."""
    return [
        {
            "what": wait.what,
            "count": wait.count,
            "reason": wait.reason,
            "stops": [str(stop) for stop in wait.stops],
            "groups": list(wait.groups),
            "is_work": wait.is_work,
            "is_placement_group": wait.is_placement_group,
            "is_never": wait.is_never,
            "since": wait.since.isoformat(),
        }
        for wait in waits
    ]


def waits_from(rows: Sequence[Mapping[str, Any]]) -> tuple[Wait, ...]:
    """Return the waits that `plain_waits` made JSON of."""
    return tuple(
        Wait(
            what=row["what"],
            count=row["count"],
            reason=row["reason"],
            stops=tuple(StopKind(stop) for stop in row["stops"]),
            groups=tuple(row["groups"]),
            is_work=row["is_work"],
            is_placement_group=row["is_placement_group"],
            is_never=row["is_never"],
            since=datetime.fromisoformat(row["since"]),
        )
        for row in rows
    )


def plain_findings(verdict: Verdict) -> list[dict[str, Any]]:
    """Return the findings as JSON, the worst first."""
    return [
        {
            "level": str(finding.level),
            "sentence": finding.sentence,
            "next_try": finding.next_try.isoformat() if finding.next_try else None,
            "steps": [
                {"kind": str(step.kind), "group": step.group, "node": step.node}
                for step in finding.steps
            ],
        }
        for finding in verdict.findings
    ]


def verdict_from(rows: Sequence[Mapping[str, Any]]) -> Verdict:
    """Return the verdict that `plain_findings` made JSON of."""
    return Verdict(findings=tuple(map(_finding, rows)))


def _finding(row: Mapping[str, Any]) -> Finding:
    return Finding(
        level=Level(row["level"]),
        sentence=row["sentence"],
        next_try=datetime.fromisoformat(row["next_try"]) if row["next_try"] else None,
        steps=tuple(
            Step(kind=StepKind(step["kind"]), group=step["group"], node=step["node"])
            for step in row["steps"]
        ),
    )
