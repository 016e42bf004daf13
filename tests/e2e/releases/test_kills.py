"""Programs are killed at each step of a release: each cluster ends in one of the two versions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.releases.kills import (
    APPROVER,
    AUTHOR,
    CLUSTER,
    CURRENT,
    Strike,
    backend_killed,
    database_shut_down,
    program_killed,
)
from tests.e2e.releases.releases import Releases
from tests.e2e.stack import Console

pytestmark = pytest.mark.ray


@pytest.fixture(scope="module")
def releases(mobula: Console) -> Iterator[Releases]:
    """Version 1 is released in production, and three clusters follow it."""
    found = Releases.begin(mobula, name="kills")
    yield found
    found.terminate()
    found.close()


def second(releases: Releases) -> tuple[object, ...]:
    """The row of the second cluster: the first is brought to the version before it."""
    return CLUSTER, str(releases.clusters()[1]["id"])


def is_second(releases: Releases, number: int) -> bool:
    """Whether the first cluster was brought to the version, and the second was not."""
    return [row["number"] == number for row in releases.clusters()][:2] == [True, False]


def test_a_release_gets_to_its_end_whatever_is_killed(releases: Releases) -> None:
    number = releases.save()
    releases.ask(number)
    releases.strikes(
        # All of the approval is written, and it is committed or not.
        Strike(rows=(APPROVER,), act=releases.approve, kill=program_killed("web")),
        # So is the release.
        Strike(rows=(AUTHOR,), act=releases.approve_still, kill=program_killed("worker")),
        Strike(
            rows=second(releases),
            ready=lambda: is_second(releases, number),
            kill=backend_killed,
        ),
        Strike(
            rows=(CURRENT, releases.template), kill=database_shut_down, ready=releases.is_verifying
        ),
    )
    assert releases.ends() == "done"
    assert releases.approvals() == 1
    assert {row["number"] for row in releases.clusters()} == {number}
    assert releases.audit() == ""


def test_a_roll_back_gets_to_its_end_whatever_is_killed(releases: Releases) -> None:
    before = releases.clusters()[0]["number"]
    number = releases.save()
    releases.ask(number)

    def spoil_and_kill(mobula: Console, victim: int) -> None:
        releases.fail_a_job()
        program_killed("worker", "beat")(mobula, victim)

    releases.strikes(
        Strike(
            rows=second(releases),
            act=releases.approve,
            ready=lambda: is_second(releases, number),
            kill=spoil_and_kill,
        ),
        # It fails, and the request that goes back is written; neither is committed.
        Strike(rows=(AUTHOR,), ready=releases.is_verifying, kill=database_shut_down),
        Strike(
            rows=second(releases),
            ready=lambda: is_second(releases, before),
            kill=program_killed("worker", "valkey"),
        ),
    )
    assert releases.ends() == "rolled back"
    assert {row["number"] for row in releases.clusters()} == {before}
    assert releases.audit() == ""
