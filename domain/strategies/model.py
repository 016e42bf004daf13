"""What a strategy asks for."""

from dataclasses import dataclass
from enum import StrEnum


class FloorKind(StrEnum):
    """Which strategy asks."""

    SCHEDULE = "schedule"
    FORECAST = "forecast"
    RULE = "rule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """So many nodes a group should have now, and why, in words; its limits come later."""

    nodes: int
    reason: str
    kind: str
