"""Hostile clusters beside another team's launches, on a running console."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from mobula.stack.home import ROOT
from tests.e2e.stack import Console
from tests.e2e.waiting import eventually

HOSTILE = 2
# From the first reports on, until workers have begun to plan for them.
SETTLE_SECONDS = 3.0


def seconds_to_launch(mobula: Console, name: str, *, rounds: int) -> list[float]:
    """Return the seconds from each launch to the driver's call."""
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.fairness.click_to_launch", name, str(rounds)],
        env=mobula.environment(),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    times: list[float] = json.loads(ran.stdout.splitlines()[-1])
    return times


@contextmanager
def hostile_load(mobula: Console, *, clusters: int = HOSTILE) -> Iterator[None]:
    """Let so many clusters report without end, from when they run until the block ends."""
    output = mobula.home.log / "hostile.log"
    with output.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.fairness.hostile_clusters", str(clusters)],
            env=mobula.environment(),
            cwd=ROOT,
            stdout=log,
            stderr=log,
        )
    try:
        eventually(
            lambda: output.read_text().count(": 200 after") >= clusters or process.poll(),
            what="the hostile clusters report",
            seen=output.read_text,
        )
        time.sleep(SETTLE_SECONDS)
        yield
        assert process.poll() is None, output.read_text()
    finally:
        process.kill()
        process.wait()
