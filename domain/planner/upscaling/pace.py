"""How fast groups grow."""

from collections import Counter
from copy import copy
from typing import Self

from domain.planner.model import NodePhase, PlanRequest

# So many nodes of a group may be starting, however few are ready [Ray's
# AUTOSCALER_UPSCALING_INITIAL_NUM_NODES].
ALWAYS_STARTING = 5


class Pace:
    """How many nodes of each group may still start, by Ray's `upscaling_speed`.

    So many of a group are starting at a time: `upscaling_speed` times those that are ready, but
    always 5. What `free` launches is not held back: minimums, standing requests, placement groups.
    [ray/autoscaler/_private/resource_demand_scheduler.py,
    _get_concurrent_resource_demand_to_launch]
    """

    def __init__(self, request: PlanRequest) -> None:
        self._speed = request.upscaling_speed
        phases = Counter((node.group, node.phase) for node in request.nodes)
        self._ready = {group: n for (group, p), n in phases.items() if p is NodePhase.READY}
        self._starting = {group: n for (group, p), n in phases.items() if p is NodePhase.PENDING}
        self.new: Counter[str] = Counter()
        self.free: Counter[str] = Counter()
        self.is_free = False

    def fork(self) -> Self:
        """Return a copy that can be thrown away."""
        twin = copy(self)
        twin.new, twin.free = self.new.copy(), self.free.copy()
        return twin

    @property
    def limits(self) -> bool:
        """Whether there is a pace at all."""
        return self._speed is not None

    def most(self, group: str) -> int:
        """Return how many nodes of a group may be starting at a time."""
        ready = max(self._ready.get(group, 0), 1)
        return max(ALWAYS_STARTING, int((self._speed or 0) * ready))

    def left(self, group: str) -> int | None:
        """Return how many more nodes of a group may start; None: any number."""
        if self._speed is None or self.is_free:
            return None
        most = max(self.most(group) - self._starting.get(group, 0), self.free[group])
        return max(0, most - self.new[group])

    def take(self, group: str, count: int) -> None:
        """Count `count` more nodes that start."""
        self.new[group] += count
        if self.is_free:
            self.free[group] += count

    def allow(self, other: "Pace") -> None:
        """Let each group start as many as `other` has started without being held back."""
        self.free |= other.free
