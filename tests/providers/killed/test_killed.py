"""A driver's process that is killed at any line leaves nothing that the next call does not mend."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from providers.base import MachinePhase, NodeSpec
from tests.providers.conftest import make_site
from tests.providers.killed.calling import called, let_go, lines_of
from tests.providers.sites import DRIVEN, Site

# Spread evenly over as many lines as the driver has: about 130 and 60 of the fake one, 1,250 and
# 250 of EC2's, 2,000 and 150 of the local one as root.
LAUNCHES, TERMINATES = 20, 12
type Lines = Callable[[str], int]
"""From "launch" or "terminate" to how many lines the site's driver runs for it."""


@pytest.fixture(scope="module", params=DRIVEN)
def kind(request: pytest.FixtureRequest) -> str:
    """Each provider with a driver in turn: its lines are counted once."""
    return str(request.param)


@pytest.fixture
def site(kind: str, tmp_path: Path) -> Iterator[Site]:
    site = make_site(kind, tmp_path)
    site.driver.prepare(site.cluster)
    yield site
    site.close()


@pytest.fixture(scope="module")
def lines(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Lines:
    """How many lines a call for two nodes takes when nobody is killed."""
    site = make_site(kind, tmp_path_factory.mktemp("lines"))
    try:
        site.driver.prepare(site.cluster)
        nodes = two_nodes(site)
        counts = {verb: lines_of(site, verb, nodes) for verb in ("launch", "terminate")}
        for node in nodes:
            site.wait_until_gone(node.name)
    finally:
        site.close()
    return counts.__getitem__


@pytest.mark.parametrize("moment", range(LAUNCHES))
def test_a_launcher_killed_at_any_line_is_put_right_by_the_next_launch(
    site: Site, lines: Lines, callers: list[subprocess.Popen[str]], moment: int
) -> None:
    nodes = two_nodes(site)
    callers.append(called(site, "launch", nodes, die_at=line(moment, LAUNCHES, lines("launch"))))
    let_go(callers)
    assert callers[0].wait() == -signal.SIGKILL
    site.driver.launch(site.cluster, nodes)
    for node in nodes:
        site.wait_for(node.name, MachinePhase.RUNNING)
    assert sorted(site.starts()) == [node.name for node in nodes]
    terminate_all(site, nodes)


@pytest.mark.parametrize("moment", range(TERMINATES))
def test_a_terminator_killed_at_any_line_is_put_right_by_the_next_terminate(
    site: Site, lines: Lines, callers: list[subprocess.Popen[str]], moment: int
) -> None:
    nodes = two_nodes(site)
    site.driver.launch(site.cluster, nodes)
    die_at = line(moment, TERMINATES, lines("terminate"))
    callers.append(called(site, "terminate", nodes, die_at=die_at))
    let_go(callers)
    assert callers[0].wait() == -signal.SIGKILL
    terminate_all(site, nodes)


@pytest.mark.parametrize("count", [12, 61, 1243])
def test_moments_are_lines_that_the_driver_has_each_another_one(count: int) -> None:
    chosen = [line(moment, TERMINATES, count) for moment in range(TERMINATES)]
    assert len(set(chosen)) == TERMINATES
    assert chosen[0] == 1
    assert count * 0.9 <= chosen[-1] <= count


def line(moment: int, moments: int, count: int) -> int:
    """Return the number of the line, from 1 to `count`, at which one of the moments is."""
    assert count >= moments, "The driver has fewer lines than there are moments."
    return 1 + moment * count // moments


def two_nodes(site: Site) -> list[NodeSpec]:
    """Two heads, which need no other node."""
    return [site.head(1), site.head(2)]


def terminate_all(site: Site, nodes: list[NodeSpec]) -> None:
    """Terminate nodes; nothing of them is left."""
    site.driver.terminate(site.cluster, [node.name for node in nodes])
    for node in nodes:
        site.wait_until_gone(node.name)
    assert site.processes() == []
