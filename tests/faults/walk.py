"""A cluster's life in phases; each can be walked again from where it began, with a fault in it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from django.db import transaction

from accounts.models import User
from clusters.models import Cluster
from clusters.services.launching import launch_cluster
from clusters.services.operating import terminate_cluster
from configurations.services.templates import create_template
from domain.lifecycle import NodeRole, NodeState
from images.bootstrap import register
from mobula.demo_cloud.aws.cloud import Cloud as Double
from mobula.demo_cloud.aws.world import World
from providers.aws.calls import MOST_ATTEMPTS
from tests.cast import make_cloud, make_member, make_team
from tests.faults import verdict
from tests.faults.catalogue import REGION, refreshed
from tests.faults.clock import Clock
from tests.faults.kinds import KINDS, REPEATED
from tests.faults.scene import TEXT, Agents, Scene, new_world
from tests.faults.verdict import Wrong
from tests.faults.wire import ENDPOINT, Call, Wire, connected

# A phase takes about ten ticks; a worker's lease, and what cools down, some more.
MOST_TICKS, CALM_TICKS = 120, 1


@dataclass(frozen=True)
class Phase:
    """What is asked for, and how many ready workers of each group show that it is done."""

    name: str
    begin: Callable[[Scene, User], None]
    workers: dict[str, int] | None = None  # None: the cluster has been terminated
    is_aside: bool = False  # the next phase begins where this one did

    def is_reached(self, cluster: Cluster) -> bool:
        """Return whether all is as was asked for."""
        cluster.refresh_from_db()
        if self.workers is None:
            return cluster.state == "terminated"
        nodes = list(cluster.nodes.exclude(state=NodeState.TERMINATED).select_related("group"))
        ready = all(node.state == NodeState.READY for node in nodes)
        counts = {
            group: sum(n.group.name == group for n in nodes if n.role != NodeRole.HEAD)
            for group in self.workers
        }
        return ready and cluster.state == "running" and counts == self.workers


def _launch(scene: Scene, _user: User) -> None:
    scene.agents.wanted = {}


def _grow(scene: Scene, _user: User) -> None:
    scene.agents.wanted = {"cpu": 3, "gpu": 2}


def _cancel(scene: Scene, user: User) -> None:
    """Have a user terminate the cluster when its machines have just been asked for."""
    _grow(scene, user)
    scene.actions[1] = partial(_terminate, scene, user)


def _shrink(scene: Scene, _user: User) -> None:
    scene.agents.wanted = {}


def _terminate(scene: Scene, user: User) -> None:
    terminate_cluster(Cluster.objects.get(pk=scene.cluster.pk), by=user)


PHASES = (
    Phase("launch", _launch, {"cpu": 1, "gpu": 0}),
    Phase("cancel", _cancel, is_aside=True),
    Phase("scale up", _grow, {"cpu": 3, "gpu": 2}),
    Phase("scale down", _shrink, {"cpu": 1, "gpu": 0}),
    Phase("terminate", _terminate),
)
LAST = PHASES[-1]


@dataclass
class Life:
    """A cluster that goes from phase to phase; at each one's start it can be tried out."""

    clock: Clock
    root: Path
    user: User
    cluster: Cluster
    world: World
    position: int = 0
    calls: list[Call] = field(default_factory=list)  # of the phases that were walked
    wanted: dict[str, int] = field(default_factory=dict)
    _copies: int = 0
    _ahead: dict[int, Sequence[Call]] = field(default_factory=dict)

    @property
    def phase(self) -> Phase:
        """The phase that comes next."""
        return PHASES[self.position]

    def go_on(self) -> Sequence[Call]:
        """Walk the next phase without a fault; return the calls that it made."""
        if self.phase.is_aside:
            self.calls += (calls := self.calls_ahead())
            self.position += 1
            return calls
        scene = self._scene(self.world, self.root / "life")
        wrong = _walked(scene, self.phase, self.user)
        assert not wrong, f"{self.phase.name}, without a fault: {wrong}"
        assert not scene.in_transaction, scene.in_transaction
        self.calls += scene.wire.calls
        self.wanted = scene.agents.wanted
        self.position += 1
        return scene.wire.calls

    def go_on_to(self, phase: str) -> None:
        """Walk all phases before that one; "" stands for all there are."""
        names = [one.name for one in PHASES]
        while self.position < (names.index(phase) if phase else len(names)):
            self.go_on()

    def calls_ahead(self) -> Sequence[Call]:
        """Return the calls that the next phase makes without a fault."""
        if self.position not in self._ahead:
            with self._aside() as scene:
                wrong = _walked(scene, self.phase, self.user)
                assert not wrong, f"{self.phase.name}, without a fault: {wrong}"
                self._ahead[self.position] = scene.wire.calls
        return self._ahead[self.position]

    def tried(self, call: Call, kind: str) -> Wrong:
        """Return what is wrong after the next phase with a fault, and after the cluster's end."""
        assert call.phase == self.phase.name
        with self._aside() as scene:
            scene.wire.target, scene.wire.fault = call, KINDS[kind]
            scene.wire.repeats = MOST_ATTEMPTS - 1 if kind in REPEATED else 0
            wrong = _walked(scene, self.phase, self.user)
            assert scene.wire.struck, f"The call {call} was not made."
            if self.phase.workers is not None:
                scene.wire.phase = ""
                wrong.add(_walked(scene, LAST, self.user, counted=False))
            wrong.add(verdict.at_end(scene.world, self.clock))
            wrong.doubled += [f"{one} within a transaction" for one in scene.in_transaction]
        return wrong

    @contextmanager
    def _aside(self) -> Iterator[Scene]:
        """Yield a copy of the world; afterwards all is as before."""
        self._copies += 1
        moment, home = self.clock.moment, self.root / f"copy-{self._copies}"
        if (self.root / "life").exists():
            shutil.copytree(self.root / "life", home)
        try:
            with transaction.atomic():
                world = deepcopy(self.world, {id(self.clock): self.clock})
                yield self._scene(world, home)
                transaction.set_rollback(True)
        finally:
            self.clock.moment = moment
            self.clock.tell()
            shutil.rmtree(home, ignore_errors=True)

    def _scene(self, world: World, home: Path) -> Scene:
        cluster = Cluster.objects.get(pk=self.cluster.pk)
        agents = Agents(cluster)
        agents.wanted = dict(self.wanted)
        return Scene(
            clock=self.clock, home=home, cluster=cluster, world=world, agents=agents,
            wire=Wire(Double(world)),
        )  # fmt: skip


def _walked(scene: Scene, phase: Phase, user: User, *, counted: bool = True) -> Wrong:
    """Walk one phase until all is as asked for and stays so; return what is wrong then."""
    with connected(scene.wire):
        scene.wire.phase = phase.name if counted else ""
        phase.begin(scene, user)
        calm = 0
        for _ in range(MOST_TICKS):
            scene.tick()
            calm = calm + 1 if phase.is_reached(scene.cluster) else 0
            if calm > CALM_TICKS:
                break
    wrong = Wrong() if phase.workers is None else verdict.at_rest(scene.world)
    if calm <= CALM_TICKS:
        nodes = ", ".join(f"{n} {n.state}" for n in scene.cluster.nodes.exclude(state="terminated"))
        wrong.lost.append(f"{phase.name} was not done: {scene.cluster.state}; {nodes}")
    return wrong


@contextmanager
def lived(root: Path) -> Iterator[Life]:
    """Yield a cluster that was just asked for; all is rolled back afterwards."""
    clock = Clock()
    with transaction.atomic(), clock.ruling():
        team = make_team("falcons")
        user = make_member("wanda", team=team, role="engineer")
        make_cloud("aws", provider="aws", region=REGION, settings={"endpoint": ENDPOINT})
        refreshed()
        register("ray", ray_version="2.60.0", location="rayproject/ray:2.60.0")
        world = new_world(clock)
        with connected(Wire(Double(world))):
            version = create_template(team=team, name="train", text=TEXT, message="First.", by=user)
            cluster = launch_cluster(name="one", version=version, by=user)
        yield Life(clock=clock, root=root, user=user, cluster=cluster, world=world)
        transaction.set_rollback(True)
