"""How a node's keeper and its agent's program come to run, without any of Mobula's settings."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agent import bundle as agent_bundle
from providers.base import Throttled
from providers.local.accounts import STATE
from providers.local.commands import node_marks
from providers.local.directories import NodeDirectory

KEEPER = Path(__file__).with_name("keeper.py")
SLOWEST_KEEPER_SECONDS = 30
# What a Python that is not where it was built needs; the keeper uses no other variable.
KEEPER_VARIABLES = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


def start_keeper(node: NodeDirectory, request: Mapping[str, Any]) -> None:
    """Leave a keeper behind that looks after the node; raise `Throttled` when none starts."""
    own = {name: os.environ[name] for name in KEEPER_VARIABLES if name in os.environ}
    try:
        ran = subprocess.run(
            # Isolated and without site: a node's start must not wait for our environment.
            [sys.executable, "-I", "-S", KEEPER],
            input=json.dumps(request).encode(),
            env={**own, **node_marks(node)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=SLOWEST_KEEPER_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Throttled(f"This machine is too busy to launch {node.name}.") from error
    # A node that was terminated meanwhile is none of the caller's worries.
    if ran.returncode and not node.ended:
        last_line = ran.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise Throttled(f"{node.name} did not start: {last_line}")


def packed_agent(directory: Path) -> Path:
    """Return the one-file agent; each version has a file of its own, as a running one reads on."""
    packed = agent_bundle.pack()
    return _placed(packed, directory / f"head_agent-{_digest(packed)}.pyz", mode=0o600)


def shared_agent(agent: Path) -> Path:
    """Return a copy of the agent that every cluster's account can read."""
    program = agent.read_bytes()
    return _placed(program, STATE / "agents" / f"{_digest(program)}-{agent.name}", mode=0o644)


def _placed(program: bytes, target: Path, *, mode: int) -> Path:
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if mode & 0o004:
            target.parent.chmod(0o711)
        draft = target.with_suffix(f".{os.getpid()}")
        draft.write_bytes(program)
        draft.chmod(mode)
        draft.replace(target)
    return target


def _digest(program: bytes) -> str:
    return hashlib.sha256(program).hexdigest()[:8]
