"""What the tests of the stack share."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from mobula.stack.home import Home
from tests.servers import open_directory, remove

Wait = Callable[[Callable[[], object]], None]


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A directory with a short path that PostgreSQL's account can enter."""
    directory = open_directory("mobula-stack-")
    yield directory
    remove(directory)


@pytest.fixture
def home(short_path: Path) -> Home:
    """A MOBULA_HOME that has been opened."""
    home = Home(short_path / "home")
    home.open()
    return home


@pytest.fixture
def said() -> list[str]:
    """The lines a supervisor says."""
    return []


@pytest.fixture
def no_child_left() -> Iterator[None]:
    """Fail the test, and clean up, when it leaves a child process behind."""
    before = set(psutil.Process().children(recursive=True))
    yield
    left = set(psutil.Process().children(recursive=True)) - before
    for process in left:
        os.kill(process.pid, signal.SIGKILL)
    assert not left
