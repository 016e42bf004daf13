"""A machine in a directory, its metadata service, and the Mobula that it speaks with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from providers.bootstrap.node import BootNode
from providers.bootstrap.user_data import user_data
from tests.providers.bootstrap.metadata import Metadata
from tests.providers.bootstrap.mobula_double import AGENT_TOKEN, RAY_TOKEN, NodesDouble
from tests.providers.bootstrap.sandbox import Sandbox


class Machine:
    """Call it with a node: the machine, before its first boot."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.mobula = stack.enter_context(NodesDouble())
        self.mobula.joined |= {
            "head": "10.0.0.4:6379",
            "agent": {"cluster": "c1", "run": 1, "token": AGENT_TOKEN, "ray_token": RAY_TOKEN},
        }
        self.metadata = stack.enter_context(Metadata(address="10.0.0.9"))

    def __call__(self, node: BootNode, *, programs: tuple[str, ...] = ("docker",)) -> Sandbox:
        text = user_data(replace(node, url=self.mobula.url))
        box = Sandbox(text, metadata=self.metadata.url, programs=programs)
        return self._stack.enter_context(box)


@pytest.fixture
def machine() -> Iterator[Machine]:
    with ExitStack() as stack:
        yield Machine(stack)
