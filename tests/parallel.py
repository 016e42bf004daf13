"""Which tests run on one worker when several run side by side, and in which order.

xdist's own groups rest on an attribute that pytest 9.2 no longer has; its scheduler by scope, which
asks for the scope of each test's id, does the same.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).parent.parent
# The longest first, so that the others fill the other workers' time. The journey starts Ray nodes
# of its own: better when those of the first are gone. Last come those that commit what they write
# to the tests' database: not all of it is taken back after them.
FIRST, LAST = ("ray",), ("journey", "stack", "browser")
# Tests with servers of their own, whose times count.
STACK = ("stack", "edge", "database")


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Sends all tests of a group to one worker, the groups in the order of collection."""

    def __init__(self, config: pytest.Config, log: Any = None) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def sort(items: list[pytest.Item]) -> None:
    """Put the groups in order; inside a group the tests keep theirs."""
    items.sort(key=lambda item: _place(group_of(item.nodeid)))


def group_of(nodeid: str) -> str:
    """Return the name of a test's group.

    Tests with real Ray nodes share the machine's cores and ports, so they run one after another;
    the others, those with a browser too, share the fixtures of their module.
    """
    path, _, name = nodeid.partition("::")
    folder = path.split("/")[1]
    if folder == "journey":
        return folder
    if folder == "e2e" or "Ray]" in name or _marks(path, "ray"):
        return "ray"
    if _marks(path, "browser"):
        return f"browser {path}"
    return "stack" if folder in STACK or "transaction=True" in _text(path) else path


def _marks(path: str, mark: str) -> bool:
    return f"pytest.mark.{mark}" in _text(path)


@cache
def _text(path: str) -> str:
    return (ROOT / path).read_text()


def _place(group: str) -> int:
    kind = group.partition(" ")[0]
    return -1 if kind in FIRST else 1 + LAST.index(kind) if kind in LAST else 0
