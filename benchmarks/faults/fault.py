"""What a fault is, and the scene that it is injected into."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from benchmarks.faults.disks import SmallDisks
from benchmarks.faults.phases import Life
from tests.e2e.stack import Console


@dataclass(frozen=True)
class Scene:
    """A running installation, the clusters of two teams, and chance."""

    mobula: Console
    lives: Sequence[Life]
    disks: SmallDisks
    chance: random.Random

    @property
    def life(self) -> Life:
        """The cluster whose nodes are harmed; the other team's is only beside it."""
        return self.lives[0]


def always_possible(_: Scene) -> str:
    """Return no reason why the fault could not be injected."""
    return ""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One kind of fault.

    `inject` does the harm when its block is entered and undoes it when the block is left, after
    between `seconds`. `impossible` returns why it cannot be injected here, "" if it can.
    """

    name: str
    inject: Callable[[Scene], AbstractContextManager[None]]
    how: str
    undone: str = "nothing"
    phases: frozenset[str] | None = None  # None: each
    seconds: tuple[float, float] = (0, 0)
    meanwhile: str = "pages answer"
    afterwards: str = "the cluster comes to its target state"
    pages: bool = True  # they answer even before it is undone
    no_database: bool = False  # an answer of 500 is allowed until the console is healthy again
    ends_cluster: bool = False  # it is lost with its head, and is to be terminated then
    goes_on: bool = False  # the cluster is to come to its target state before it is undone
    impossible: Callable[[Scene], str] = always_possible

    def fits(self, phase: str) -> bool:
        """Return whether it can be injected in the phase."""
        return self.phases is None or phase in self.phases
