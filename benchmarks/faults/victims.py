"""What is killed, with SIGKILL, in a running installation."""

from __future__ import annotations

import os
import random
import signal

import psutil

from tests.e2e.stack import Console
from tests.e2e.waiting import eventually

MAIN, CHILD, GROUP = "worker (main)", "worker (one child)", "worker (all)"
EVERYTHING = "everything"
VICTIMS = (MAIN, CHILD, GROUP, "beat", "web", "valkey", "postgres", EVERYTHING)


def kill(mobula: Console, victim: str, *, chance: random.Random) -> None:
    """Kill the victim and see it dead; what it needs to come back is left to the product."""
    if victim == EVERYTHING:
        mobula.crash()
        return
    program = "worker" if victim in {MAIN, CHILD, GROUP} else victim
    process = psutil.Process(mobula.programs()[program].pid)
    if victim == CHILD:
        process = chance.choice(eventually(process.children, what="the pool has children"))
    if victim == GROUP:
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    eventually(lambda: _is_dead(process), what=f"{victim} is dead")


def _is_dead(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
