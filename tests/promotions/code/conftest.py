"""A Git server on this machine, which may be asked by plain HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.doubles.git_server import GitServer


@pytest.fixture
def git_server(tmp_path: Path, settings: Settings) -> Iterator[GitServer]:
    """A repository with one commit on main."""
    settings.GIT_HTTP_HOSTS = ["127.0.0.1"]
    server = GitServer(tmp_path)
    server.commit({"checks/run.py": "print('checked')\n", "README.md": "Checks.\n"})
    with server.serving():
        yield server
