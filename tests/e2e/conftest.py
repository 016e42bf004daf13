"""One real installation for all tests of this package."""

from collections.abc import Iterator

import pytest

from tests.e2e.stack import Console, console


@pytest.fixture(scope="module")
def mobula() -> Iterator[Console]:
    """A running, empty installation whose first admin is signed in."""
    with console() as running:
        yield running
