"""What it disturbs to take a node away, and whether that is worth what it saves."""

import math
import re
from dataclasses import dataclass, fields

from domain.planner.model import Work

THRESHOLD = 0.5
"""Approved from here on: a share of the pool's cost is worth twice that share of its disruption."""

GIB = 2**30
_PAIR = re.compile(r"\s*(\w+)\s*=\s*(\d+(?:\.\d+)?)\s*")


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


def weights_from(text: str) -> Weights:
    """Return the weights in `node=1,task=1,actor=2`; raises ValueError with a sentence.

    What is not named stays as it is. A node weighs more than 0: else an idle pool has no shares.
    """
    known = {field.name for field in fields(Weights)}
    given: dict[str, float] = {}
    for part in filter(str.strip, text.split(",")):
        found = _PAIR.fullmatch(part)
        if found is None or found[1] not in known:
            names = ", ".join(sorted(known))
            raise ValueError(f"{part.strip()!r} is no weight: write NAME=NUMBER, with {names}.")
        given[found[1]] = float(found[2])
    if given.get("node", 1) <= 0:
        raise ValueError("The weight of a node must be more than 0.")
    return Weights(**given)


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
