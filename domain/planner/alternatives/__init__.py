"""Which nodes demand may go to: fallbacks in their order, lost bundles apart from the others."""

from domain.planner.alternatives.levels import by_level, served
from domain.planner.alternatives.lost_bundles import with_bundles_apart

__all__ = ["by_level", "served", "with_bundles_apart"]
