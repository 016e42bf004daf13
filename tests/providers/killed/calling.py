"""Calls of a driver by other processes, which may be killed in their midst."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from providers.base import NodeSpec
from tests.providers.sites import Site, eventually

REPOSITORY = Path(__file__).parents[3]


def called(
    site: Site, verb: str, nodes: Sequence[NodeSpec], *, die_at: int | None = None
) -> subprocess.Popen[str]:
    """Start a process that calls "launch" or "terminate" once it is let go (see `caller`)."""
    caller = subprocess.Popen(
        [sys.executable, "-m", "tests.providers.killed.caller"],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    order = {
        "site": site.arguments,
        "cluster": asdict(site.cluster),
        "nodes": [asdict(node) for node in nodes],
        "verb": verb,
        "die_at": die_at,
    }
    assert caller.stdin
    caller.stdin.write(json.dumps(order) + "\n")
    caller.stdin.flush()
    return caller


def let_go(callers: Sequence[subprocess.Popen[str]]) -> None:
    """Let processes make their calls at the same time, once all are ready."""
    for caller in callers:
        assert caller.stdout
        eventually(caller.stdout.readline, "the other process is ready")
    for caller in callers:
        assert caller.stdin
        caller.stdin.write("go\n")
        caller.stdin.flush()


def lines_of(site: Site, verb: str, nodes: Sequence[NodeSpec]) -> int:
    """Make a call in another process; return how many lines of driver code it ran."""
    caller = called(site, verb, nodes, die_at=0)
    let_go([caller])
    answer, _ = caller.communicate(timeout=120)
    assert caller.returncode == 0
    return int(answer)
