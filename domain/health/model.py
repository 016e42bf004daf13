"""The levels of health, what is known of a cluster, and what is made of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from domain.cooldowns import FailureClass
from domain.lifecycle import ClusterState, NodeRole
from domain.planner.explanation.causes import StopKind


class Level(StrEnum):
    """How a cluster is; the later, the worse."""

    FINE = "fine"
    WAITING = "waiting"  # work waits for nodes that start, or at a limit that a user has set
    DEGRADED = "degraded"  # something fails, and Mobula tries again
    BLIND = "blind"  # no report: what is true of it is not known
    STUCK = "stuck"  # without a user it does not go on

    @property
    def severity(self) -> int:
        return [*Level].index(self)

    @property
    def label(self) -> str:
        return self.value.capitalize()


# What the overview lists under "Needs attention", the worst first.
ATTENTION = (Level.STUCK, Level.BLIND, Level.DEGRADED)


class StepKind(StrEnum):
    """What a user can do next; pages turn it into a link or a button."""

    RETRY = "retry"  # let the group launch nodes now
    RESIZE = "resize"
    LOG = "log"  # of the node
    DEMAND = "demand"  # the Scaling tab with what is pending
    CONFIGURATION = "configuration"
    CLOUD = "cloud"
    START = "start"
    EVENTS = "events"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    kind: StepKind
    group: str = ""
    node: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A line of what the last plan found no node for."""

    what: str  # "CPU:1", "STRICT_PACK placement group"
    count: int
    reason: str  # part of a sentence
    stops: tuple[StopKind, ...] = ()  # none: no node of any group fits
    groups: tuple[str, ...] = ()  # that stops name
    is_work: bool = True  # tasks and actors; else a minimum, or a placement group
    is_placement_group: bool = False
    is_never: bool = False  # not even by an empty cluster with as many nodes as it may have
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFailure:
    """A node that failed to start or was lost, with the words of its cause."""

    node: str
    label: str
    at: datetime
    words: str
    is_start: bool = True
    is_interruption: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cooldown:
    """Something that cools down and that the group would launch."""

    words: str  # why: "No capacity for g5.xlarge as spot"
    failure: FailureClass
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFacts:
    name: str
    role: NodeRole = NodeRole.WORKER
    stopped: str = ""  # why it launches nothing until a user has fixed the cause
    failures: Sequence[NodeFailure] = ()  # of the last minutes, oldest first
    paused_until: datetime | None = None  # after too many failed starts
    cooldowns: Sequence[Cooldown] = ()
    ready: int = 0
    ready_at: datetime | None = None  # when the newest of its ready nodes came up
    starting: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of one cluster."""

    state: ClusterState
    now: datetime
    window: timedelta = timedelta(minutes=10)  # of failures
    groups: Sequence[GroupFacts] = ()
    waits: Sequence[Wait] = ()
    pending: int = 0  # all that Ray waits for, nodes for it may be on their way
    agent_seen_at: datetime | None = None
    is_silent: bool = False
    error: str = ""  # of the last call to the provider
    error_class: FailureClass | None = None
    is_without_cloud: str = ""  # why it launches no new nodes at all
    timeouts: int = 0
    unanswered_drains: Sequence[str] = ()
    lingering: Sequence[str] = ()  # nodes whose end the provider does not confirm
    end_reason: str = ""
    last_head: str = ""  # the name of the head that failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is to be known, with what to do about it."""

    level: Level
    sentence: str
    next_try: datetime | None = None
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How a cluster is: its findings, the worst first; none where all is fine."""

    findings: tuple[Finding, ...] = field(default=())

    @property
    def level(self) -> Level:
        return self.findings[0].level if self.findings else Level.FINE

    @property
    def sentence(self) -> str:
        return self.findings[0].sentence if self.findings else ""
