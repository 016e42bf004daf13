"""From EC2's machines to the nodes that they are."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from threading import Lock

from domain.cooldowns import FailureClass
from domain.lifecycle import NodeRole
from providers.aws.machines.ended import Ended, EndedNames
from providers.aws.machines.listing import GOING, Machine
from providers.aws.machines.reasons import INTERRUPTED, reason_of
from providers.base import HeadEndpoints, MachinePhase, ObservedNode
from providers.bootstrap.node import Ports

# EC2 lists a machine for an hour after its end. So long it is told why; then it is just gone.
TOLD_SECONDS = 600.0
PORTS = Ports()  # those that machines boot with
_PHASES: Mapping[str, MachinePhase] = {
    "pending": MachinePhase.PENDING,
    "running": MachinePhase.RUNNING,
    "stopping": MachinePhase.FAILED,  # by somebody else: Mobula terminates
    "stopped": MachinePhase.FAILED,
    "shutting-down": MachinePhase.FAILED,
    "terminated": MachinePhase.FAILED,
}


class Observer:
    """Tells nodes from machines. One that ended by itself is told as failed, with the reason."""

    def __init__(self, ended: EndedNames, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._ended, self._clock = ended, clock
        self._seen: dict[str, float] = {}  # when a terminated machine was first seen
        self._lock = Lock()

    def nodes(self, handle: str, machines: Sequence[Machine]) -> Sequence[ObservedNode]:
        """Return the nodes of a cluster that have not finished terminating."""
        if not machines:
            return ()
        ended = self._ended.of(handle)
        found = (self._node(machine, ended) for machine in machines if machine.name)
        return tuple(node for node in found if node is not None)

    def _node(self, machine: Machine, ended: Ended) -> ObservedNode | None:
        is_gone = machine.state == "terminated"
        if is_gone and (machine.name in ended or self._is_told(machine)):
            return None
        phase = _PHASES.get(machine.state, MachinePhase.PENDING)
        if phase is MachinePhase.FAILED and (machine.name in ended or _ends_unsaid(machine)):
            phase = MachinePhase.STOPPING
        sentence, failure = _why(machine) if phase is MachinePhase.FAILED else ("", None)
        interrupted = phase is MachinePhase.FAILED and machine.reason_code == INTERRUPTED
        return ObservedNode(
            name=machine.name,
            role=machine.role,
            phase=phase,
            address=machine.address,
            started_at=machine.launched_at,
            reason=sentence,
            failure=failure,
            endpoints=_endpoints(machine) if phase is MachinePhase.RUNNING else None,
            interruption_at=(machine.ended_at or datetime.now(UTC)) if interrupted else None,
        )

    def _is_told(self, machine: Machine) -> bool:
        now = self._clock()
        with self._lock:
            first = self._seen.setdefault(machine.id, now)
            if len(self._seen) > MOST_SEEN:
                self._seen = {
                    key: at for key, at in self._seen.items() if now - at < LISTED_SECONDS
                }
        return now - first > TOLD_SECONDS


MOST_SEEN, LISTED_SECONDS = 10_000, 2 * 3600


def _ends_unsaid(machine: Machine) -> bool:
    return machine.state in GOING and not machine.reason_code


def _why(machine: Machine) -> tuple[str, FailureClass | None]:
    if machine.state in {"stopping", "stopped"} and not machine.reason_code:
        return "The instance was stopped in AWS.", None
    reason = reason_of(machine.reason_code, machine.reason)
    return reason.sentence, reason.failure


def _endpoints(machine: Machine) -> HeadEndpoints | None:
    if machine.role is not NodeRole.HEAD or not machine.address:
        return None
    return HeadEndpoints(
        gcs_address=f"{machine.address}:{PORTS.gcs}",
        dashboard_url=f"http://{machine.address}:{PORTS.dashboard}",
        client_address=f"ray://{machine.address}:{PORTS.client}",
    )
