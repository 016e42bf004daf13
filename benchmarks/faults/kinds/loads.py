"""Hostile load: a process that floods the console for as long as the fault lasts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from benchmarks.faults.fault import Scene
from benchmarks.faults.watch import node_records
from mobula.stack.home import ROOT
from tests.e2e.waiting import eventually
from tests.guard import guarded_process


@contextmanager
def flooded(scene: Scene) -> Iterator[None]:
    """Flood reports without a token, reports of the other team's cluster, and sign-ins."""
    access = eventually(lambda: _agent_access(scene), what="the other team's head has an agent")
    flood = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.faults.flood", scene.mobula.url],
        stdin=subprocess.PIPE,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
    )
    with guarded_process(flood):
        assert flood.stdin is not None
        flood.stdin.write(json.dumps(access).encode())
        flood.stdin.close()
        yield
        assert flood.poll() is None, "The flood ended by itself."


def _agent_access(scene: Scene) -> dict[str, Any]:
    """Return what the agent of the last team's cluster signs its reports with."""
    names = {str(node["name"]) for node in scene.lives[-1].cluster.nodes(role="head")}
    for record in node_records(scene.mobula.home.path, names):
        with suppress(FileNotFoundError):
            return dict(json.loads(record.agent_file.read_text()))
    return {}
