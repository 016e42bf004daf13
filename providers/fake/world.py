"""What exists at the fake provider: plain records, kept in memory or in one JSON file."""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from domain.lifecycle import NodeRole
from domain.offerings import Market
from providers.base import CapacityUnavailable, NodeSpec, ProviderError
from providers.failure_plan import FailurePlan


@dataclass(kw_only=True)
class FakeNode:
    """One machine of the fake provider; times are seconds since the epoch."""

    name: str
    handle: str
    role: str
    group: str
    instance_type: str
    launched_at: float
    market: str = Market.ON_DEMAND.value
    zone: str = ""
    ended_at: float | None = None
    failure: str = ""
    failure_class: str = ""
    vanished: bool = False
    printed: str = ""  # while it started
    interrupted_at: float | None = None  # when it is taken back; None: nothing of that was said

    @property
    def spec(self) -> NodeSpec:
        """What was asked for, as far as it matters to a failure plan."""
        return NodeSpec(
            name=self.name,
            role=NodeRole(self.role),
            group=self.group,
            instance_type=self.instance_type,
            market=Market(self.market),
            zone=self.zone,
            resources={},
        )


@dataclass(kw_only=True)
class PlannedError:
    """The next call of `verb` raises `error`, a launch only after `after` of its nodes."""

    verb: str
    error: str
    message: str
    after: int = 0


@dataclass(kw_only=True)
class Call:
    """A call that was made, whether or not it raised."""

    verb: str
    handle: str
    names: list[str] = field(default_factory=list)


@dataclass(kw_only=True)
class World:
    """All that the fake provider remembers. Nodes stay for ever: an ended name never restarts."""

    nodes: dict[str, FakeNode] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    prepared: set[str] = field(default_factory=set)
    destroyed: set[str] = field(default_factory=set)
    capacity: dict[str, int] = field(default_factory=dict)
    errors: list[PlannedError] = field(default_factory=list)
    plan: FailurePlan = field(default_factory=FailurePlan)
    calls: list[Call] = field(default_factory=list)

    def lack_of(self, group: str) -> ProviderError | None:
        """Return the error of a group that has all machines that it may have."""
        limit = self.capacity.get(group)
        nodes = [node for node in self.nodes.values() if node.group == group]
        used = sum(node.ended_at is None and not node.vanished for node in nodes)
        if limit is None or used < limit:
            return None
        return CapacityUnavailable(f"No capacity for group {group} ({used} of {limit} used).")

    def take_error(self, verb: str) -> PlannedError | None:
        """Return the next planned error of `verb`, which is planned no longer."""
        for index, planned in enumerate(self.errors):
            if planned.verb == verb:
                return self.errors.pop(index)
        return None


class WorldStore:
    """Opens the world for one call at a time; with a path, for every process that shares it."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._world = World()

    @contextmanager
    def open(self) -> Iterator[World]:
        """Yield the world and keep the changes made to it, also when the block raises."""
        if self._path is None:
            yield self._world
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            world = _read(self._path)
            try:
                yield world
            finally:
                draft = self._path.with_suffix(".new")
                draft.write_text(json.dumps(asdict(world), default=sorted))
                draft.replace(self._path)


def _read(path: Path) -> World:
    if not path.exists():
        return World()
    noted: dict[str, Any] = json.loads(path.read_text())
    return World(
        nodes={name: FakeNode(**node) for name, node in noted["nodes"].items()},
        ended=set(noted["ended"]),
        prepared=set(noted["prepared"]),
        destroyed=set(noted["destroyed"]),
        capacity=noted["capacity"],
        errors=[PlannedError(**error) for error in noted["errors"]],
        plan=FailurePlan.from_plain(noted.get("plan", {})),
        calls=[Call(**call) for call in noted["calls"]],
    )
