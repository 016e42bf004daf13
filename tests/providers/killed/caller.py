"""Another process that calls a driver once; the call comes as JSON on standard input.

With `die_at` it is killed by SIGKILL just before the n-th line of the drivers' code would run; 0
kills it never, and the number of lines that ran is printed. The driver is opened first, then a
line "ready" is printed and any input line starts the call.
"""

import json
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import providers
from domain.lifecycle import NodeRole
from domain.offerings import Market
from providers.base import (
    ClusterRef,
    NodeSpec,
    RayImage,
)
from tests.providers.sites import open_site_driver

DRIVERS = str(Path(providers.__file__).parent)


class Reaper:
    """A trace function that counts lines of driver code, and ends this process at the n-th."""

    def __init__(self, die_at: int) -> None:
        self.die_at, self.lines = die_at, 0

    def __call__(self, frame: FrameType, event: str, _argument: Any) -> "Reaper | None":
        if not frame.f_code.co_filename.startswith(DRIVERS):
            return None
        if event == "line":
            self.lines += 1
            if self.lines == self.die_at:
                os.kill(os.getpid(), signal.SIGKILL)
        return self


def main() -> None:
    order = json.loads(sys.stdin.readline())
    driver = open_site_driver(order["site"])
    cluster = ClusterRef(**{**order["cluster"], "image": RayImage(**order["cluster"]["image"])})
    nodes = [_node(node) for node in order["nodes"]]
    print("ready", flush=True)  # noqa: T201
    sys.stdin.readline()
    reaper = Reaper(order["die_at"] or 0)
    if order["die_at"] is not None:
        sys.settrace(reaper)
    if order["verb"] == "launch":
        driver.launch(cluster, nodes)
    else:
        driver.terminate(cluster, [node.name for node in nodes])
    sys.settrace(None)
    print(reaper.lines, flush=True)  # noqa: T201


def _node(node: dict[str, Any]) -> NodeSpec:
    return NodeSpec(**{**node, "role": NodeRole(node["role"]), "market": Market(node["market"])})


if __name__ == "__main__":
    main()
