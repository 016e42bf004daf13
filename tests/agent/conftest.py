"""Ray's own messages for tests that build a resource state by hand."""

import sys
from collections.abc import Callable
from typing import Any

import pytest

from agent.head.gcs import PACKAGES, load_messages


@pytest.fixture(scope="session")
def messages() -> Any:
    """Ray's generated autoscaler messages; other tests may still import the real Ray."""
    loaded = load_messages()
    for package in PACKAGES:
        sys.modules.pop(package, None)
    return loaded


@pytest.fixture
def node(messages: Any) -> Callable[..., Any]:
    """A builder of one node state as Ray sends it."""

    def build(name: str, *, status: int = 1, **fields: Any) -> Any:
        return messages.NodeState(
            node_id=name.encode(),
            instance_id=name,
            ray_node_type_name="g1",
            status=status,
            **fields,
        )

    return build
