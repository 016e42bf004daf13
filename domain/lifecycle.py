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


# Up or coming up.
LIVE_CLUSTER_STATES = frozenset(
    {ClusterState.REQUESTED, ClusterState.STARTING, ClusterState.RUNNING}
)
# Its run is over: nothing of it is to run any more.
ENDED_CLUSTER_STATES = frozenset(
    {ClusterState.STOPPED, ClusterState.TERMINATED, ClusterState.FAILED}
)
# With the move to one of these, a run comes to its end.
ENDING_CLUSTER_STATES = frozenset(
    {ClusterState.STOPPING, ClusterState.TERMINATING, ClusterState.FAILED}
)


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


# No machine of it has been seen yet.
UNSEEN_NODE_STATES = frozenset({NodeState.REQUESTED, NodeState.LAUNCHING})
# Asked of the provider: Ray may join any moment.
JOINING_NODE_STATES = frozenset({NodeState.LAUNCHING, NodeState.BOOTING})
STARTING_NODE_STATES = UNSEEN_NODE_STATES | JOINING_NODE_STATES
LEAVING_NODE_STATES = frozenset({NodeState.DRAINING, NodeState.TERMINATING})


class EndCause(StrEnum):
    """Why a node ended, for the page and for the figures."""

    IDLE = "idle"
    RESIZED = "resized"
    CLUSTER_STOPPED = "cluster stopped"
    CLUSTER_TERMINATED = "cluster terminated"
    CLUSTER_FAILED = "cluster failed"
    LOST = "lost"
    START_FAILED = "start failed"
    START_TIMED_OUT = "start timed out"  # Ray itself gave up waiting: another try may succeed
    INTERRUPTED = "interrupted"  # the provider took a spot machine back
    SPOT_RETURN = "back to spot"
    CONSOLIDATED = "consolidated"
    OUTDATED = "outdated"  # it ran with settings of an earlier version

    @property
    def is_failure(self) -> bool:
        return self in START_FAILURES | {EndCause.LOST, EndCause.CLUSTER_FAILED}


START_FAILURES = frozenset({EndCause.START_FAILED, EndCause.START_TIMED_OUT})


class ConsolidationState(StrEnum):
    """How far the proposal to run a cluster's work on fewer or cheaper nodes has come."""

    NONE = "none"  # nothing is worth it
    FOUND = "found"  # once
    CONFIRMED = "confirmed"  # found again some time later
    REPLACING = "replacing"  # the node that is to take the work is on its way
    DRAINING = "draining"  # the nodes were told to go


ACTING_CONSOLIDATION_STATES = frozenset({ConsolidationState.REPLACING, ConsolidationState.DRAINING})


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


P = ConsolidationState
CONSOLIDATION_MOVES: Mapping[ConsolidationState, frozenset[ConsolidationState]] = {
    # A look found nodes that could go.
    P.NONE: frozenset({P.FOUND}),
    # Found again after some time; or the cluster has changed.
    P.FOUND: frozenset({P.CONFIRMED, P.NONE}),
    # A replacement is asked for; none is needed; another is found; the cluster has changed.
    P.CONFIRMED: frozenset({P.REPLACING, P.DRAINING, P.FOUND, P.NONE}),
    # The replacement is ready; it did not come, or the nodes may not go any more.
    P.REPLACING: frozenset({P.DRAINING, P.NONE}),
    # The nodes are gone, or Ray kept them.
    P.DRAINING: frozenset({P.NONE}),
}


class MoveNotAllowed(Exception):
    """A state was to follow one that it may not follow."""

    def __init__(self, current: StrEnum, wanted: StrEnum) -> None:
        super().__init__(f"Cannot change from {current} to {wanted}.")
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


def check_consolidation_move(current: ConsolidationState, wanted: ConsolidationState) -> None:
    """Raise `MoveNotAllowed` unless a proposal may go from `current` to `wanted`."""
    if wanted not in CONSOLIDATION_MOVES[current]:
        raise MoveNotAllowed(current, wanted)


def as_mermaid[S: StrEnum](moves: Mapping[S, frozenset[S]]) -> str:
    """Return the state diagram that docs/states.md shows."""
    first = next(iter(moves))
    arrows = [f"    {a} --> {b}" for a, targets in moves.items() for b in sorted(targets)]
    ends = [f"    {state} --> [*]" for state, targets in moves.items() if not targets]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {first}", *arrows, *ends])
