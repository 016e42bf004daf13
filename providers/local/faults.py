"""What a failure plan does to local nodes: refuse them, or take them back after a notice."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from domain.offerings import Market
from providers.base import MachinePhase, NodeSpec, ProviderError, Unreachable
from providers.failure_plan import PlanFile
from providers.local import processes
from providers.local.directories import NodeDirectory, write_secret
from providers.local.records import NOTICE, NodeRecord


def plan_of(root: Path) -> PlanFile:
    """Return the failure plan of the driver whose nodes are below `root`."""
    return PlanFile(root / "failures.json")


def refusal(root: Path, spec: NodeSpec) -> ProviderError | None:
    """Return why the plan does not let the node start, or None."""
    with plan_of(root).open() as plan:
        return plan.refusal(spec, now=time.time())


def interrupt(root: Path, nodes: Sequence[NodeDirectory]) -> None:
    """Give notice to the nodes that the plan takes back, and kill those whose time is over."""
    records = [record for node in nodes if (record := NodeRecord.read(node))]
    running = [record for record in records if record.observed().phase is MachinePhase.RUNNING]
    with suppress(Unreachable):  # launches name the file: what runs must still be seen and ended
        _give_notice(root, [record for record in running if record.taken_back_at is None])
    for record in running:
        deadline = record.taken_back_at
        if deadline is not None and time.time() >= deadline:
            _take_back(record)


def _give_notice(root: Path, records: Sequence[NodeRecord]) -> None:
    with plan_of(root).open() as plan:
        for record in records:
            deadline = plan.interruption(_spec(record), now=time.time())
            # A node that was terminated meanwhile has no directory to write into.
            with suppress(FileNotFoundError):
                if deadline is not None:
                    write_secret(record.directory.path / NOTICE, str(deadline))


def _spec(record: NodeRecord) -> NodeSpec:
    """Return what was asked for, as far as it matters to a failure plan."""
    return NodeSpec(
        name=record.directory.name,
        role=record.role,
        group=str(record.content.get("group", "")),
        instance_type=str(record.content.get("instance_type", "")),
        market=Market(record.content.get("market", Market.ON_DEMAND)),
        zone=str(record.content.get("zone", "")),
        resources={},
    )


def _take_back(record: NodeRecord) -> None:
    """End the node's processes as a provider does: at once, Ray and keeper alike."""
    for process in list(record.processes()):
        processes.kill(process)
