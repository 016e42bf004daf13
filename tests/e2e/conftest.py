"""One real installation for the tests of this package; each module finds it without clusters."""

from collections.abc import Iterator

import pytest

from tests.e2e.cluster import DrivenCluster
from tests.e2e.processes import live_nodes
from tests.e2e.stack import Console, console, plan_failures
from tests.e2e.waiting import eventually


@pytest.fixture(scope="package")
def installed() -> Iterator[Console]:
    """A running, empty installation whose first admin is signed in."""
    with console() as running:
        yield running


@pytest.fixture(scope="module")
def mobula(installed: Console) -> Iterator[Console]:
    """The installation, with no cluster, no planned failure and no cooldown."""
    yield installed
    rows = installed.rows("SELECT id FROM clusters_cluster WHERE state <> 'terminated'")
    clusters = [DrivenCluster(installed, id=str(row["id"])) for row in rows]
    for cluster in clusters:
        cluster.press("terminate")
    for cluster in clusters:
        cluster.comes_to("terminated")
    eventually(lambda: not live_nodes(installed.home.path), what="no node is left")
    plan_failures(installed)
    installed.rows("DELETE FROM clusters_cooldown RETURNING id")
