"""One sample cluster, as the modules of the sample data hand it on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from clusters.models import Cluster, Node, Run
from mobula.demo.calendar import Life, Session
from mobula.demo.templates import SampleTemplate

BOOT = timedelta(minutes=3)
LATER = timedelta(days=3650)  # when workers would look at it
BATCH = 2_000  # rows in one statement


@dataclass(frozen=True, slots=True)
class Sample:
    """One cluster with its sessions, the run of each, and the nodes of each."""

    template: SampleTemplate
    cluster: Cluster
    sessions: Sequence[Session]
    runs: Sequence[Run]
    nodes: Sequence[tuple[Node, Session, Life]]
