"""Releases of a version to three clusters, with programs killed at random moments of them."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress

import httpx

from tests.e2e.releases.kills import Kill, database_shut_down, program_killed, session_killed
from tests.e2e.releases.releases import Releases
from tests.e2e.stack import Console
from tests.e2e.waiting import NeverCameTrue, eventually

ENDS = frozenset({"done", "rolled back", "failed"})
MOST_KILLS, MOST_SECONDS = 3, 6.0
SPOILED = 0.4  # of the releases have a job fail, and go back
KILLS: Mapping[str, Kill] = {
    "worker": program_killed("worker"),
    "web": program_killed("web"),
    "beat and valkey": program_killed("beat", "valkey"),
    "a session of the database": session_killed,
    "the database": program_killed("postgres"),
    "the database, immediate shutdown": database_shut_down,
}


def release_rounds(mobula: Console, chance: random.Random, *, count: int) -> Iterator[str]:
    """Release versions one after the other, and yield what was wrong after each."""
    if not count:
        return
    try:
        releases = Releases.begin(mobula, name="releases")
        for number in range(count):
            yield from _round(releases, chance, f"release {number + 1} of {count}")
        releases.terminate()
        releases.close()
    except (NeverCameTrue, AssertionError) as error:
        yield str(error)


def _round(releases: Releases, chance: random.Random, title: str) -> Iterator[str]:
    eventually(releases.mobula.healthy, what="Mobula is healthy")
    releases.ask(releases.save())
    is_spoiled = chance.random() < SPOILED
    if is_spoiled:
        releases.fail_a_job()
    moments = sorted(chance.uniform(0, MOST_SECONDS) for _ in range(chance.randint(1, MOST_KILLS)))
    names = [chance.choice(list(KILLS)) for _ in moments]
    began = time.monotonic()
    approval = releases.pool.submit(releases.approve)
    for moment, name in zip(moments, names, strict=True):
        time.sleep(max(0.0, began + moment - time.monotonic()))
        KILLS[name](releases.mobula, 0)
    with suppress(httpx.HTTPError):
        approval.result(timeout=120)
    releases.approve_still()
    state = releases.ends()
    print(
        f"{title}: killed {', '.join(names)}; {state} after {time.monotonic() - began:.1f} s",
        flush=True,
    )
    if state not in ENDS:
        yield f"{title} is {state}"
    if releases.approvals() != 1:
        yield f"{title} has {releases.approvals()} approvals"
    if problem := releases.audit():
        yield f"{title}: {problem}"
