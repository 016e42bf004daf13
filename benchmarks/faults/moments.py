"""One moment: a phase begins, a fault is injected and undone, and all comes to be as wanted."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from benchmarks.faults.catalogue import BY_NAME, CATALOGUE
from benchmarks.faults.fault import Fault, Scene
from benchmarks.faults.pages import PageWatch
from benchmarks.faults.phases import PHASES, Phase
from tests.e2e.waiting import eventually

HEALTHY_SECONDS = 90.0  # from the end of a fault until all programs run and all pages answer
GRACE_SECONDS = 2.0  # a request that began before the database was back


type Injection = tuple[Fault, float, float]  # after a delay, for so many seconds


@dataclass(frozen=True)
class Moment:
    """Faults in a phase, one after the other; `around` them one that lasts meanwhile."""

    phase: Phase
    faults: Sequence[Injection]
    around: Sequence[Injection] = ()

    @property
    def all(self) -> Sequence[Fault]:
        """The faults without their times."""
        return [fault for fault, *_ in (*self.around, *self.faults)]

    def __str__(self) -> str:
        faults = ", ".join(
            f"{fault.name} ({delay:.1f} s)" for fault, delay, _ in (*self.around, *self.faults)
        )
        return f"{self.phase.name:<10} {faults:<34}"


# What gives most in little time: each kind of fault that needs no root and no second installation.
SHORT = (
    ("launch", [("kill postgres", 2, 0)], []),
    (
        "scale-out",
        [("kill keeper", 0, 0), ("kill agent", 0, 0)],
        [("stop worker child", 0, 21)],
    ),
    ("drain", [("hostile load", 0, 5)], []),
    ("terminate", [("no connections", 0, 4), ("ids reused", 1, 0)], []),
)


def short() -> Iterator[Moment]:
    """Yield the moments of the short form, always the same."""
    phases = {phase.name: phase for phase in PHASES}
    for phase, *kinds in SHORT:
        faults, around = ([(BY_NAME[name], *times) for name, *times in kind] for kind in kinds)
        yield Moment(phases[phase], faults, around)


def drawn(scene: Scene, *, names: Sequence[str], moments: int) -> Iterator[Moment]:
    """Yield phases in the order of a life, each with a fault; all faults come equally often."""
    chance, deck, position = scene.chance, list[Fault](), 0
    possible = [BY_NAME[name] for name in names or BY_NAME if not BY_NAME[name].impossible(scene)]
    for _ in range(moments):
        phase = PHASES[position]
        if not any(fault.fits(phase.name) for fault in deck):
            deck += chance.sample(possible, len(possible))
        fault = next((fault for fault in deck if fault.fits(phase.name)), None)
        faults = []
        if fault is not None:
            deck.remove(fault)
            faults = [(fault, chance.uniform(0, phase.seconds), chance.uniform(*fault.seconds))]
        yield Moment(phase, faults)
        ended = fault is not None and fault.ends_cluster
        position = 0 if ended else (position + 1) % len(PHASES)


def skipped(scene: Scene, *, names: Sequence[str]) -> Iterator[str]:
    """Yield a sentence for each fault that cannot be injected here."""
    for fault in CATALOGUE:
        if (not names or fault.name in names) and (reason := fault.impossible(scene)):
            yield f"skipped: {fault.name} ({reason})"


def run(moment: Moment, scene: Scene, pages: PageWatch) -> None:
    """Begin the phase, inject the faults, undo them, and wait until all is as wanted."""
    eventually(scene.mobula.healthy, what="Mobula is healthy")
    for life in scene.lives:
        moment.phase.begin(life)
    began = time.time()
    with ExitStack() as stack:
        for fault, delay, seconds in moment.around:
            time.sleep(delay)
            stack.enter_context(fault.inject(scene))
            stack.callback(_sleep_until, began + delay + seconds)
        for fault, delay, seconds in moment.faults:
            time.sleep(delay)
            with fault.inject(scene):
                time.sleep(seconds)
                if fault.pages:
                    what = f"pages answer: {moment}"
                    eventually(pages.answers, what=what, seconds=HEALTHY_SECONDS)
                if fault.goes_on:
                    _converged(moment, scene, lives=1)
    undone = time.time()
    eventually(scene.mobula.healthy, what=f"Mobula is healthy after {moment}")
    eventually(pages.answers, what="pages answer", seconds=HEALTHY_SECONDS)
    answered = time.time()
    if any(fault.no_database for fault in moment.all):
        pages.excuse(began, answered + GRACE_SECONDS)
    if any(fault.ends_cluster for fault in moment.all):
        for life in scene.lives:
            life.spare_jobs()
        _ended(scene)
    else:
        _converged(moment, scene, lives=len(scene.lives))
    print(
        f"{moment} undone after {undone - began:4.1f} s, pages after "
        f"{answered - undone:4.1f} s, as wanted after {time.time() - undone:5.1f} s",
        flush=True,
    )


def _sleep_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.time()))


def _converged(moment: Moment, scene: Scene, *, lives: int) -> None:
    for life in scene.lives[:lives]:
        eventually(
            lambda life=life: moment.phase.converged(life),
            what=f"team {life.team}'s part is done: {moment}",
            seen=life.cluster.describe,
        )


def _ended(scene: Scene) -> None:
    """See that the harmed cluster has failed with its head, and terminate those of both teams."""
    life = scene.life
    eventually(life.has_failed, what="the cluster has failed", seen=life.cluster.describe)
    end(scene)


def end(scene: Scene) -> None:
    """Terminate the clusters that are not yet, and see their nodes gone."""
    eventually(scene.mobula.healthy, what="Mobula is healthy")
    started = [life for life in scene.lives if hasattr(life, "cluster")]
    for life in started:
        if not life.is_over():
            life.terminate()
    for life in started:
        eventually(life.is_terminated, what="the cluster is terminated", seen=life.cluster.describe)
