from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.images.registry.server import ACCOUNT, PROGRAM, Server, serving


@pytest.fixture(scope="session")
def open_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A registry that asks nobody for a password."""
    if not PROGRAM:
        pytest.skip("docker-registry is not installed.")
    with serving(tmp_path_factory.mktemp("registry")) as server:
        yield server


@pytest.fixture(scope="session")
def closed_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A registry that lets only `ACCOUNT` in."""
    if not PROGRAM:
        pytest.skip("docker-registry is not installed.")
    with serving(tmp_path_factory.mktemp("closed"), account=ACCOUNT) as server:
        yield server
