"""SIGKILL and SIGSTOP for Mobula's programs and for what looks after a node."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial

import psutil

from benchmarks.faults.fault import Scene
from benchmarks.faults.watch import node_records
from providers.local.records import NodeRecord
from tests.e2e.waiting import eventually

type Victim = Callable[[Scene], Sequence[psutil.Process]]


def program(name: str) -> Victim:
    """Return what finds the process of a program; of PostgreSQL with its children."""

    def find(scene: Scene) -> Sequence[psutil.Process]:
        return [psutil.Process(scene.mobula.programs()[name].pid)]

    return find


def with_children(name: str) -> Victim:
    """Return what finds a program and its children."""

    def find(scene: Scene) -> Sequence[psutil.Process]:
        [process] = program(name)(scene)
        return [process, *process.children(recursive=True)]

    return find


def worker_child(scene: Scene) -> Sequence[psutil.Process]:
    """Return one process of the pool, perhaps in the midst of a task."""
    [pool] = program("worker")(scene)
    return [scene.chance.choice(eventually(pool.children, what="the pool has children"))]


def keeper(scene: Scene, *, role: str) -> Sequence[psutil.Process]:
    """Return the keeper of a node of this role."""
    return [psutil.Process(_record(scene, role).pid)]


def agent(scene: Scene) -> Sequence[psutil.Process]:
    """Return the agent beside the head."""

    def find() -> psutil.Process | None:
        record = _record(scene, "head")
        with suppress(psutil.Error):
            children = psutil.Process(record.pid).children()
            return next((p for p in children if str(record.agent_file) in p.cmdline()), None)
        return None

    return [eventually(find, what="the agent runs")]


def killed(victim: Victim) -> Callable[[Scene], AbstractContextManager[None]]:
    """Return the fault that kills the victim, and sees it dead."""
    return partial(_killed, victim=victim)


def stopped(victim: Victim) -> Callable[[Scene], AbstractContextManager[None]]:
    """Return the fault that stops the victim as Ctrl-Z would, and continues it later."""
    return partial(_stopped, victim=victim)


@contextmanager
def _killed(scene: Scene, *, victim: Victim) -> Iterator[None]:
    processes = victim(scene)
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    eventually(lambda: not any(map(_lives, processes)), what=f"{processes} are dead")
    yield


@contextmanager
def _stopped(scene: Scene, *, victim: Victim) -> Iterator[None]:
    processes = victim(scene)
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.suspend()
    try:
        yield
    finally:
        for process in reversed(processes):  # the parent last: it has children to wait for
            with suppress(psutil.NoSuchProcess):
                process.resume()


@contextmanager
def pool_killed(scene: Scene) -> Iterator[None]:
    """Kill the worker pool with its parent."""
    [pool] = program("worker")(scene)
    os.killpg(pool.pid, signal.SIGKILL)
    eventually(lambda: not _lives(pool), what="the pool is dead")
    yield


@contextmanager
def everything_killed(scene: Scene) -> Iterator[None]:
    """Kill the supervisor and all its programs together, then run `mobula up` again."""
    scene.mobula.crash()
    scene.mobula.start()
    yield


def _record(scene: Scene, role: str) -> NodeRecord:
    """Return the record of a node of the harmed cluster."""

    def find() -> NodeRecord | None:
        names = {str(node["name"]) for node in scene.life.cluster.nodes(role=role)}
        records = node_records(scene.mobula.home.path, names)
        return next((record for record in records if record.alive), None)

    return eventually(find, what=f"a {role} lives", seen=scene.life.cluster.describe)


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
