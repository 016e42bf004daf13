"""A provider on paper that costs nothing to ask: what is measured is Mobula's own work."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import ClassVar

from domain.lifecycle import NodeRole
from domain.offerings import Offering, ProviderKind
from providers.base import ClusterRef, DriverFacts, HeadEndpoints, MachinePhase, NodeSpec
from providers.base import ObservedNode as Machine
from providers.fake.offerings import fake_offerings


class PaperDriver:
    """Machines by the handles of their clusters, and how often each cluster was looked at."""

    kind: ClassVar[ProviderKind] = ProviderKind.FAKE
    facts = DriverFacts()
    place = "paper"

    def __init__(self) -> None:
        self.machines: defaultdict[str, dict[str, Machine]] = defaultdict(dict)
        self.looks = 0
        self.launched: dict[str, float] = {}  # when each name was asked for, by perf_counter

    def add(self, handle: str, nodes: Iterable[tuple[str, NodeRole]]) -> None:
        """Let these machines run already."""
        for name, role in nodes:
            self.machines[handle][name] = _machine(name, role)

    def verify(self) -> str:
        return "Paper"

    def offerings(self, region: str) -> Sequence[Offering]:
        return fake_offerings(region)

    def prepare(self, cluster: ClusterRef) -> None:
        pass

    def launch(self, cluster: ClusterRef, nodes: Sequence[NodeSpec]) -> None:
        for node in nodes:
            self.launched.setdefault(node.name, time.perf_counter())
        self.add(cluster.handle, ((node.name, node.role) for node in nodes))

    def terminate(self, cluster: ClusterRef, names: Sequence[str]) -> None:
        for name in names:
            self.machines[cluster.handle].pop(name, None)

    def observe(self, cluster: ClusterRef) -> Sequence[Machine]:
        self.looks += 1
        return tuple(self.machines[cluster.handle].values())

    def destroy(self, cluster: ClusterRef) -> None:
        self.machines.pop(cluster.handle, None)


def _machine(name: str, role: NodeRole) -> Machine:
    ends = HeadEndpoints(
        gcs_address=f"{name}.paper:6379",
        dashboard_url=f"http://{name}.paper:8265",
        client_address=f"ray://{name}.paper:10001",
    )
    return Machine(
        name=name,
        role=role,
        phase=MachinePhase.RUNNING,
        address=f"{name}.paper",
        endpoints=ends if role is NodeRole.HEAD else None,
    )
