"""Every fault that is injected, with how it is undone and what must hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from benchmarks.faults.fault import Fault, Scene
from benchmarks.faults.kinds.databases import exhausted, stepped
from benchmarks.faults.kinds.kills import (
    Victim,
    agent,
    everything_killed,
    keeper,
    killed,
    pool_killed,
    program,
    stopped,
    with_children,
    worker_child,
)
from benchmarks.faults.kinds.loads import flooded
from benchmarks.faults.kinds.locks import ids_reused, power_failed

PAUSE = (3.0, 25.0)  # a lease lasts 20 s
WITH_HEAD = frozenset({"scale-out", "drain"})
WITH_WORKERS = frozenset({"scale-out"})
CONTINUED = "SIGCONT"
SUPERVISED = "the supervisor restarts it"


@contextmanager
def home_full(scene: Scene) -> Iterator[None]:
    """Fill the disks of the database and of logs and pid files."""
    with scene.disks.full(scene.disks.database), scene.disks.full(scene.disks.home):
        yield


@contextmanager
def nodes_full(scene: Scene) -> Iterator[None]:
    """Fill the disk of the nodes' records."""
    with scene.disks.full(scene.disks.nodes):
        yield


def not_mounted(scene: Scene) -> str:
    """Return why there is no small disk."""
    return scene.disks.refused


KILLS = (
    Fault(
        name="kill worker main",
        inject=killed(program("worker")),
        how="SIGKILL for the pool's parent; its children live on until the supervisor ends them",
        undone=SUPERVISED,
    ),
    Fault(
        name="kill worker child",
        inject=killed(worker_child),
        how="SIGKILL for one process of the pool, perhaps in the midst of a task",
        undone="the pool starts another",
    ),
    Fault(
        name="kill worker all",
        inject=pool_killed,
        how="SIGKILL for the pool with its parent",
        undone=SUPERVISED,
    ),
    Fault(
        name="kill slow worker",
        inject=killed(program("slow-worker")),
        how="SIGKILL for the parent of the pool for slow clusters",
        undone=SUPERVISED,
    ),
    Fault(name="kill beat", inject=killed(program("beat")), how="SIGKILL", undone=SUPERVISED),
    Fault(
        name="kill web",
        inject=killed(program("web")),
        how="SIGKILL",
        undone=SUPERVISED,
        meanwhile="no page answers",
        pages=False,
    ),
    Fault(name="kill valkey", inject=killed(program("valkey")), how="SIGKILL", undone=SUPERVISED),
    Fault(
        name="kill postgres",
        inject=killed(program("postgres")),
        how="SIGKILL for the server; its children end with it",
        undone=SUPERVISED,
        meanwhile="pages say that the database is away",
        pages=False,
        no_database=True,
    ),
    Fault(
        name="kill everything",
        inject=everything_killed,
        how="SIGKILL for the supervisor and all its programs together",
        undone="`mobula up` again",
        meanwhile="no page answers",
        pages=False,
        no_database=True,
    ),
    Fault(
        name="kill keeper",
        inject=killed(partial(keeper, role="worker")),
        how="SIGKILL for the keeper of a worker; its Ray dies with it",
        phases=WITH_WORKERS,
        afterwards="the node is lost and replaced, its work runs elsewhere",
    ),
    Fault(
        name="kill head keeper",
        inject=killed(partial(keeper, role="head")),
        how="SIGKILL for the keeper of the head; its Ray dies with it",
        phases=WITH_HEAD,
        afterwards="the cluster has failed, no node is left, it can be terminated",
        ends_cluster=True,
    ),
    Fault(
        name="kill agent",
        inject=killed(agent),
        how="SIGKILL for the agent beside the head",
        undone="the keeper restarts it",
        phases=WITH_HEAD,
    ),
)


def _stop(name: str, target: Victim, *, how: str = "SIGSTOP", **expected: Any) -> Fault:
    return Fault(
        name=f"stop {name}",
        inject=stopped(target),
        how=how,
        undone=CONTINUED,
        seconds=PAUSE,
        **expected,
    )


STOPS = (
    _stop("web", program("web"), meanwhile="no page answers", pages=False),
    _stop("worker main", program("worker"), how="SIGSTOP for the pool's parent"),
    _stop(
        "worker child",
        worker_child,
        how="SIGSTOP for one process of the pool, perhaps while it holds a lease",
    ),
    _stop("beat", program("beat")),
    _stop(
        "postgres",
        with_children("postgres"),
        how="SIGSTOP for the server and all its children",
        meanwhile="pages wait or say that the database is away",
        pages=False,
        no_database=True,
    ),
    _stop("valkey", program("valkey")),
    _stop(
        "keeper",
        partial(keeper, role="head"),
        how="SIGSTOP for the keeper of the head",
        phases=WITH_HEAD,
    ),
    _stop("agent", agent, how="SIGSTOP for the agent beside the head", phases=WITH_HEAD),
)
OTHERS = (
    Fault(
        name="full disk",
        inject=home_full,
        how="the small disks of database, logs and pid files have no room left",
        undone="room is made",
        seconds=PAUSE,
        impossible=not_mounted,
        meanwhile="pages say that the database is away",
        pages=False,
        no_database=True,
    ),
    Fault(
        name="full disk of nodes",
        inject=nodes_full,
        how="the small disk of the nodes' records and logs has no room left",
        undone="room is made",
        seconds=PAUSE,
        impossible=not_mounted,
    ),
    Fault(
        name="no connections",
        inject=exhausted,
        how="all connections of the database are taken from outside",
        undone="they are closed",
        seconds=(3.0, 15.0),
        meanwhile="pages answer, or say that the database is busy",
        pages=False,
        no_database=True,
    ),
    Fault(
        name="clock back",
        inject=stepped(-1),
        how="all moments of clusters, runs, nodes and cooldowns lie an hour later",
    ),
    Fault(
        name="clock forward",
        inject=stepped(1),
        how="all moments of clusters, runs, nodes and cooldowns lie an hour earlier",
    ),
    Fault(
        name="ids reused",
        inject=ids_reused,
        how="everything is killed, and living strangers have the ids in `postmaster.pid`, in the "
        "lock of the socket and in `run/*.pid`",
        undone="`mobula up` again",
        meanwhile="no page answers; no stranger is ended",
        pages=False,
        no_database=True,
    ),
    Fault(
        name="power failure",
        inject=power_failed,
        how="the same with all nodes: strangers have the ids in their records too",
        undone="`mobula up` again",
        phases=WITH_HEAD,
        meanwhile="no page answers; no stranger is ended",
        afterwards="the clusters have failed, no node is left, they can be terminated",
        pages=False,
        no_database=True,
        ends_cluster=True,
    ),
    Fault(
        name="hostile load",
        inject=flooded,
        how="one process floods with six connections: reports without a token that unpack to "
        "32 MiB, noise, sign-ins, and with the token of the other team's cluster the largest "
        "demand that is allowed",
        undone="the process is ended",
        seconds=(8.0, 15.0),
        meanwhile="the cluster comes to its target state",
        afterwards="so does the other team's",
        goes_on=True,
    ),
)
CATALOGUE = (*KILLS, *STOPS, *OTHERS)
BY_NAME = {fault.name: fault for fault in CATALOGUE}
