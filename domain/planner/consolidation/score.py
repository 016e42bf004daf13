"""What it disturbs to take a node away, and whether that is worth what it saves."""

import math
from dataclasses import dataclass

from domain.planner.model import Work

THRESHOLD = 0.5
"""Approved from here on: a share of the pool's cost is worth twice that share of its disruption."""

GIB = 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What each piece of work on a node adds to the disruption of taking the node away."""

    node: float = 1
    task: float = 1
    actor: float = 2
    bundle: float = 5  # of a placement group
    objects: float = 3  # once, for more than one GiB of primary copies

    def __str__(self) -> str:
        return (
            f"{self.node:g} for each node + {self.task:g} for each running task + {self.actor:g} "
            f"for each actor + {self.bundle:g} for each bundle of a placement group + "
            f"{self.objects:g} if the node holds more than 1 GiB of objects"
        )

    def of(self, work: Work) -> float:
        """Return the disruption of taking a node with this work away."""
        return (
            self.node
            + self.task * work.tasks
            + self.actor * work.actors
            + self.bundle * work.bundles
            + self.objects * (work.object_bytes > GIB)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Two shares of a group, from 0 to 1, and what they are compared with."""

    savings: float  # of what its nodes cost
    disruption: float  # of what it would disturb to take all of them away
    threshold: float = THRESHOLD

    @property
    def value(self) -> float:
        return self.savings / self.disruption if self.disruption else 0

    @property
    def is_enough(self) -> bool:
        return self.savings > 0 and self.value >= self.threshold

    def __str__(self) -> str:
        sign = ">=" if self.is_enough else "<"
        # Cut, not rounded: 0.499 would otherwise read "0.50 < threshold 0.50".
        value = math.floor(self.value * 100 + 1e-9) / 100
        return (
            f"score {value:.2f} {sign} threshold {self.threshold:.2f} (k: {1 / self.threshold:g}, "
            f"savings {self.savings:.1%}, disruption {self.disruption:.1%})"
        )
