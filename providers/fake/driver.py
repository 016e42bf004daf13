"""A provider whose machines exist on paper only: for unit tests and demonstrations."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from domain.cooldowns import FailureClass
from domain.lifecycle import NodeRole
from domain.offerings import Offering, ProviderKind
from providers import base
from providers.base import (
    Account,
    ClusterRef,
    DriverFacts,
    HeadEndpoints,
    InvalidRequest,
    MachinePhase,
    NodeError,
    NodeSpec,
    ObservedNode,
    ProviderError,
    Unreachable,
    raise_failures,
)
from providers.failure_plan import TAKEN_BACK, PlanFile, PlannedFailure, PlannedInterruption
from providers.fake.offerings import fake_offerings
from providers.fake.workspaces import FakeWorkspaces
from providers.fake.world import Call, FakeNode, PlannedError, World, WorldStore
from providers.node_logs import START_LOG, LogTail


class FakeDriver(FakeWorkspaces):
    """Keeps every promise of `ProviderDriver`, and fails where it is told to.

    `clock` returns seconds since the epoch. A machine boots `boot_seconds` long and stops
    `stop_seconds` long. With `path`, all processes that name the same file see the same machines,
    and `failures.json` beside it says what shall go wrong (see failure_plan.py).
    """

    kind: ClassVar[ProviderKind] = ProviderKind.FAKE

    def __init__(
        self,
        *,
        path: Path | None = None,
        clock: Callable[[], float] = time.time,
        boot_seconds: float = 0,
        stop_seconds: float = 0,
        facts: DriverFacts | None = None,
    ) -> None:
        super().__init__()
        self.facts = facts or DriverFacts()
        self.place = str(path or id(self))
        self.boot_seconds = boot_seconds
        self.stop_seconds = stop_seconds
        self._clock = clock
        self._store = WorldStore(path)
        self._plan = PlanFile(path.with_name("failures.json")) if path else None

    def verify(self) -> str:
        """Return the account's name."""
        with self._called("verify"):
            return "Fake account"

    def offerings(self, region: str) -> Sequence[Offering]:
        """Return three sizes in two zones, on demand and as spot at 30 % of the price."""
        with self._called("offerings"):
            return fake_offerings(region)

    def prepare(self, cluster: ClusterRef) -> None:
        """Note that the cluster was prepared."""
        with self._called("prepare", cluster) as world:
            world.prepared.add(cluster.handle)

    def launch(self, cluster: ClusterRef, nodes: Sequence[NodeSpec]) -> None:
        """Add those `nodes` that never were; may raise after the first few, as clouds do."""
        names = [node.name for node in nodes]
        with self._called("launch", cluster, names, checked=False) as world:
            error = world.take_error("launch")
            allowed = nodes if error is None else nodes[: error.after]
            refused = [self._add(world, cluster, node) for node in allowed]
            _raise(error)
            raise_failures([failure for failure in refused if failure])

    def _add(self, world: World, cluster: ClusterRef, node: NodeSpec) -> NodeError | None:
        """Add the node unless it ever was; return why it is refused, if it is."""
        if cluster.handle in world.destroyed or node.name in world.ended | world.nodes.keys():
            return None
        if cluster.handle not in world.prepared:
            raise InvalidRequest(f"Cluster {cluster.name} has not been prepared.")
        error = world.lack_of(node.group) or self._refusal(world, node)
        if error is not None:
            return NodeError(node.name, error)
        world.nodes[node.name] = FakeNode(
            name=node.name,
            handle=cluster.handle,
            role=node.role.value,
            group=node.group,
            instance_type=node.instance_type,
            market=node.market.value,
            zone=node.zone,
            launched_at=self._clock(),
        )
        return None

    def _refusal(self, world: World, node: NodeSpec) -> ProviderError | None:
        error = world.plan.refusal(node, now=self._clock())
        if error is not None or self._plan is None:
            return error
        with self._plan.open() as plan:
            return plan.refusal(node, now=self._clock())

    def terminate(self, cluster: ClusterRef, names: Sequence[str]) -> None:
        """Stop the named nodes and bar their names for ever."""
        with self._called("terminate", cluster, list(names)) as world:
            world.ended.update(names)
            for node in (world.nodes[name] for name in names if name in world.nodes):
                if node.ended_at is None:
                    node.ended_at = self._clock()

    def observe(self, cluster: ClusterRef) -> Sequence[ObservedNode]:
        """Return the cluster's nodes that are not yet gone, as of the clock."""
        with self._called("observe", cluster) as world:
            own = [node for node in world.nodes.values() if node.handle == cluster.handle]
            self._interrupt(world, own)
            return tuple(self._seen(node) for node in own if not self._gone(node))

    def _interrupt(self, world: World, nodes: Sequence[FakeNode]) -> None:
        """Give notice to those running nodes that the plan takes back."""
        running = [node for node in nodes if self._phase(node) is MachinePhase.RUNNING]
        uninterrupted = [node for node in running if node.interrupted_at is None]
        now = self._clock()
        for node in uninterrupted:
            node.interrupted_at = world.plan.interruption(node.spec, now=now)
        if self._plan is None:
            return
        # Launches name a file that cannot be read: what runs must still be seen and ended.
        with suppress(Unreachable), self._plan.open() as plan:
            for node in uninterrupted:
                node.interrupted_at = node.interrupted_at or plan.interruption(node.spec, now=now)

    def log_tails(self, cluster: ClusterRef, name: str) -> Sequence[LogTail]:
        """Return what the node printed while it started, for as long as its machine is there."""
        with self._store.open() as world:
            _raise(world.take_error("log_tails"))
            node = world.nodes.get(name)
            if node is None or node.handle != cluster.handle or self._gone(node):
                return ()
            if not node.printed:
                return ()
            return (LogTail(name=START_LOG, text=node.printed),)

    def destroy(self, cluster: ClusterRef) -> None:
        """Bar the whole cluster."""
        with self._called("destroy", cluster) as world:
            world.prepared.discard(cluster.handle)
            world.destroyed.add(cluster.handle)

    # What tests arrange and look at.

    @property
    def calls(self) -> list[Call]:
        """Every call made so far, in order."""
        with self._store.open() as world:
            return list(world.calls)

    @property
    def launched(self) -> list[str]:
        """The names of all nodes ever started, in order: each at most once."""
        with self._store.open() as world:
            return list(world.nodes)

    @property
    def prepared(self) -> set[str]:
        """The handles of the clusters that are prepared and not destroyed."""
        with self._store.open() as world:
            return set(world.prepared)

    def fail_next(self, verb: str, error: ProviderError, *, times: int = 1, after: int = 0) -> None:
        """Make the next `times` calls of `verb` raise `error`, a launch after `after` nodes."""
        planned = PlannedError(
            verb=verb, error=type(error).__name__, message=str(error), after=after
        )
        with self._store.open() as world:
            world.errors += [planned] * times

    def limit(self, group: str, count: int) -> None:
        """Let `group` have at most `count` nodes at a time; more fail for lack of capacity."""
        with self._store.open() as world:
            world.capacity[group] = count

    def plan_failure(self, failure: PlannedFailure) -> None:
        """Let launches fail as planned."""
        with self._store.open() as world:
            world.plan.failures.append(failure)

    def plan_interruption(self, interruption: PlannedInterruption) -> None:
        """Let running nodes be taken back as planned, from the next `observe` on."""
        with self._store.open() as world:
            world.plan.interruptions.append(interruption)

    def break_node(
        self, name: str, *, reason: str = "The machine failed.", failure: FailureClass | None = None
    ) -> None:
        """Let a node fail from outside: it is observed as failed until it is terminated."""
        with self._store.open() as world:
            world.nodes[name].failure = reason
            world.nodes[name].failure_class = failure.value if failure else ""

    def prints(self, name: str, text: str) -> None:
        """Let a node print something while it starts."""
        with self._store.open() as world:
            world.nodes[name].printed += text

    def vanish(self, name: str) -> None:
        """Let a node disappear as if somebody had removed it behind our back."""
        with self._store.open() as world:
            world.nodes[name].vanished = True

    @contextmanager
    def _called(
        self,
        verb: str,
        cluster: ClusterRef | None = None,
        names: Sequence[str] = (),
        *,
        checked: bool = True,
    ) -> Iterator[World]:
        with self._store.open() as world:
            handle = cluster.handle if cluster else ""
            world.calls.append(Call(verb=verb, handle=handle, names=list(names)))
            if checked:
                _raise(world.take_error(verb))
            yield world

    def _gone(self, node: FakeNode) -> bool:
        if node.ended_at is None:
            return node.vanished
        return node.vanished or self._clock() >= node.ended_at + self.stop_seconds

    def _seen(self, node: FakeNode) -> ObservedNode:
        phase = self._phase(node)
        is_head = node.role == NodeRole.HEAD
        return ObservedNode(
            name=node.name,
            role=NodeRole(node.role),
            phase=phase,
            address=f"{node.name}.fake",
            started_at=datetime.fromtimestamp(node.launched_at, UTC),
            reason=node.failure or (TAKEN_BACK if phase is MachinePhase.FAILED else ""),
            failure=FailureClass(node.failure_class) if node.failure_class else None,
            interruption_at=datetime.fromtimestamp(node.interrupted_at, UTC)
            if node.interrupted_at is not None
            else None,
            endpoints=_endpoints(node) if is_head and phase is MachinePhase.RUNNING else None,
        )

    def _phase(self, node: FakeNode) -> MachinePhase:
        if node.ended_at is not None:
            return MachinePhase.STOPPING
        taken = node.interrupted_at is not None and self._clock() >= node.interrupted_at
        if node.failure or taken:
            return MachinePhase.FAILED
        booted = self._clock() >= node.launched_at + self.boot_seconds
        return MachinePhase.RUNNING if booted else MachinePhase.PENDING


def _endpoints(node: FakeNode) -> HeadEndpoints:
    return HeadEndpoints(
        gcs_address=f"{node.name}.fake:6379",
        dashboard_url=f"http://{node.name}.fake:8265",
        client_address=f"ray://{node.name}.fake:10001",
        jupyter_url=f"http://{node.name}.fake:8888",
    )


def _raise(planned: PlannedError | None) -> None:
    if planned is not None:
        error: ProviderError = getattr(base, planned.error)(planned.message)
        raise error


def open_driver(account: Account) -> FakeDriver:
    """Return the driver of an account whose machines are noted below Mobula's home directory."""
    return FakeDriver(path=account.home / "fake" / "world.json")
