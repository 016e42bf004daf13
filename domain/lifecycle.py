"""States of clusters and nodes, and the moves allowed between them."""

from collections.abc import Mapping
from enum import StrEnum


class NodeRole(StrEnum):
    HEAD = "head"
    WORKER = "worker"


class ClusterState(StrEnum):
    REQUESTED = "requested"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    TERMINATING = "terminating"
    TERMINATED = "terminated"
    FAILED = "failed"

    @property
    def label(self) -> str:
        return self.value.capitalize()


class ClusterTarget(StrEnum):
    """What the owner wants; the reconcile loop moves the state towards it."""

    RUNNING = "running"
    STOPPED = "stopped"
    TERMINATED = "terminated"


class NodeState(StrEnum):
    REQUESTED = "requested"  # a row, not yet a machine
    LAUNCHING = "launching"  # asked of the provider
    BOOTING = "booting"  # the machine is there, Ray is not
    READY = "ready"  # Ray on it has joined the cluster
    DRAINING = "draining"  # takes no new work
    TERMINATING = "terminating"  # the provider was asked to remove it
    TERMINATED = "terminated"  # the provider confirmed that it is gone

    @property
    def label(self) -> str:
        return self.value.capitalize()


class EndCause(StrEnum):
    """Why a node ended, for the page and for the figures."""

    IDLE = "idle"
    RESIZED = "resized"
    CLUSTER_STOPPED = "cluster stopped"
    CLUSTER_TERMINATED = "cluster terminated"
    CLUSTER_FAILED = "cluster failed"
    LOST = "lost"
    START_FAILED = "start failed"
    UNCLAIMED = "unclaimed"
    INTERRUPTED = "interrupted"  # the provider took a spot machine back
    SPOT_RETURN = "back to spot"
    CONSOLIDATED = "consolidated"

    @property
    def is_failure(self) -> bool:
        return self in {EndCause.LOST, EndCause.START_FAILED, EndCause.CLUSTER_FAILED}


C = ClusterState
CLUSTER_MOVES: Mapping[ClusterState, frozenset[ClusterState]] = {
    # A worker took the request; the provider refused it; the owner changed their mind.
    C.REQUESTED: frozenset({C.STARTING, C.FAILED, C.STOPPING, C.TERMINATING}),
    # The head joined; it never came; the owner changed their mind.
    C.STARTING: frozenset({C.RUNNING, C.FAILED, C.STOPPING, C.TERMINATING}),
    # The owner, the idle rule or the lifetime ends it; or its head is lost.
    C.RUNNING: frozenset({C.STOPPING, C.TERMINATING, C.FAILED}),
    # All machines are gone; or terminate was pressed meanwhile.
    C.STOPPING: frozenset({C.STOPPED, C.TERMINATING, C.FAILED}),
    # Start was pressed; or the owner has no more use for it.
    C.STOPPED: frozenset({C.STARTING, C.TERMINATING}),
    # The provider confirmed that nothing is left.
    C.TERMINATING: frozenset({C.TERMINATED}),
    C.TERMINATED: frozenset(),
    # Its machines are removed while it is failed; then it may be started anew.
    C.FAILED: frozenset({C.STARTING, C.TERMINATING}),
}

N = NodeState
NODE_MOVES: Mapping[NodeState, frozenset[NodeState]] = {
    # Asked of the provider; seen there after a crash; no longer wanted.
    N.REQUESTED: frozenset({N.LAUNCHING, N.BOOTING, N.READY, N.TERMINATING, N.TERMINATED}),
    # The provider lists it; Ray joined before we looked; it could not be had.
    N.LAUNCHING: frozenset({N.BOOTING, N.READY, N.TERMINATING, N.TERMINATED}),
    # Ray joined; it died or is no longer wanted; it vanished.
    N.BOOTING: frozenset({N.READY, N.TERMINATING, N.TERMINATED}),
    # To be given back; removed at once; it vanished.
    N.READY: frozenset({N.DRAINING, N.TERMINATING, N.TERMINATED}),
    # Ray refused since it became busy; drained; it vanished.
    N.DRAINING: frozenset({N.READY, N.TERMINATING, N.TERMINATED}),
    # The provider lists it no more.
    N.TERMINATING: frozenset({N.TERMINATED}),
    N.TERMINATED: frozenset(),
}


class MoveNotAllowed(Exception):
    """A state was to follow one that it may not follow."""

    def __init__(self, current: StrEnum, wanted: StrEnum) -> None:
        super().__init__(f"Cannot go from {current} to {wanted}.")
        self.current = current
        self.wanted = wanted


def check_cluster_move(current: ClusterState, wanted: ClusterState) -> None:
    """Raise `MoveNotAllowed` unless a cluster may go from `current` to `wanted`."""
    if wanted not in CLUSTER_MOVES[current]:
        raise MoveNotAllowed(current, wanted)


def check_node_move(current: NodeState, wanted: NodeState) -> None:
    """Raise `MoveNotAllowed` unless a node may go from `current` to `wanted`."""
    if wanted not in NODE_MOVES[current]:
        raise MoveNotAllowed(current, wanted)


def as_mermaid[S: StrEnum](moves: Mapping[S, frozenset[S]]) -> str:
    """Return the state diagram that docs/states.md shows."""
    first = next(iter(moves))
    arrows = [f"    {a} --> {b}" for a, targets in moves.items() for b in sorted(targets)]
    ends = [f"    {state} --> [*]" for state, targets in moves.items() if not targets]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {first}", *arrows, *ends])
