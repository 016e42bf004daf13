"""Two people act in the same moment: one of them is too late, and nothing is half done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections, transaction

from accounts.errors import ServiceError
from accounts.models import User
from clusters.models import Cluster
from clusters.services.launching import launch_cluster
from configurations.models import Version
from domain.promotions.states import OPEN_STATES, RequestState
from promotions.models import Approval, ChangeRequest, Environment, Release, Step
from promotions.services.approvals import approve
from promotions.services.environments import change_rules
from promotions.services.releases import roll_back
from promotions.services.removing import remove_environment
from promotions.services.requests import request_change
from tests.promotions.steps import carry_on, changed, finish

pytestmark = pytest.mark.django_db(transaction=True)
type Ask = Callable[..., ChangeRequest]
type Outcome = str


@pytest.fixture
def other() -> Iterator[ThreadPoolExecutor]:
    """Another process: a thread with a connection of its own."""
    with ThreadPoolExecutor(1) as pool:
        yield pool
        pool.submit(connections.close_all).result()


def outcome(call: Callable[[], object]) -> Outcome:
    """Return "done", or what the service says."""
    try:
        call()
    except ServiceError as refusal:
        return refusal.message
    return "done"


def waits() -> bool:
    """Whether another connection to this database waits for a lock by now."""
    with connection.cursor() as cursor:
        for _ in range(200):
            cursor.execute(
                "SELECT pg_sleep(0.02) FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()"
            )
            if cursor.fetchone():
                return True
            cursor.execute("SELECT pg_sleep(0.02)")
    return False


def meanwhile(
    other: ThreadPoolExecutor, call: Callable[[], object], *, first: Callable[[], object]
) -> tuple[Outcome, Outcome]:
    """Do `first`, and `call` before it is committed; return what came of both."""
    later: Future[Any]
    with transaction.atomic():
        done = outcome(first)
        later = other.submit(outcome, call)
        assert waits()
    return done, later.result(timeout=30)


def test_a_request_is_opened_while_its_environment_is_removed(
    other: ThreadPoolExecutor,
    environments: dict[str, Environment],
    ask: Ask,
    lead: User,
) -> None:
    dev = environments["dev"]
    first, second = meanwhile(
        other, lambda: ask("dev"), first=lambda: remove_environment(dev, by=lead)
    )
    assert (first, second) == ("done", "Research has no environment 'dev'.")
    assert not ChangeRequest.objects.exists()


def test_an_environment_is_removed_while_a_request_is_opened(
    other: ThreadPoolExecutor, environments: dict[str, Environment], ask: Ask, lead: User
) -> None:
    dev = environments["dev"]
    first, second = meanwhile(
        other, lambda: remove_environment(dev, by=lead), first=lambda: ask("dev")
    )
    request = ChangeRequest.objects.get()
    assert (first, second) == ("done", f"dev cannot be removed: it is needed by #{request.pk}.")
    assert not Environment.objects.filter(removed_at__isnull=False).exists()


def test_an_environment_is_removed_while_a_cluster_is_launched(
    other: ThreadPoolExecutor,
    environments: dict[str, Environment],
    version: Version,
    alice: User,
    lead: User,
) -> None:
    def launch() -> Cluster:
        return launch_cluster(name="one", version=version, environment="dev", by=alice)

    dev = environments["dev"]
    first, second = meanwhile(other, lambda: remove_environment(dev, by=lead), first=launch)
    assert (first, second) == ("done", "dev cannot be removed: it is needed by one.")


def test_a_cluster_is_launched_while_its_environment_is_removed(
    other: ThreadPoolExecutor,
    environments: dict[str, Environment],
    version: Version,
    alice: User,
    lead: User,
) -> None:
    dev = environments["dev"]

    def launch() -> Cluster:
        return launch_cluster(name="one", version=version, environment="dev", by=alice)

    first, second = meanwhile(other, launch, first=lambda: remove_environment(dev, by=lead))
    assert first == "done"
    assert second == f"Neither Research nor {version} has an environment 'dev'."
    assert not Cluster.objects.exists()


def test_a_release_is_taken_back_while_its_environment_is_removed(
    other: ThreadPoolExecutor,
    environments: dict[str, Environment],
    ask: Ask,
    version: Version,
    alice: User,
    lead: User,
) -> None:
    finish(carry_on(ask("dev")))
    new = changed(version, find="max_nodes: 4", replace="max_nodes: 7")
    second = finish(carry_on(request_change(new, environment="dev", title="More.", by=alice)))
    done, late = meanwhile(
        other,
        lambda: roll_back(second, reason="Slow.", by=lead),
        first=lambda: remove_environment(environments["dev"], by=lead),
    )
    assert (done, late) == ("done", "Environment dev was removed.")
    assert not ChangeRequest.objects.filter(state__in=OPEN_STATES).exists()


def test_two_approvers_give_the_last_approval_at_once(
    other: ThreadPoolExecutor, prod: Environment, ask: Ask, bea: User, dan: User
) -> None:
    request = carry_on(ask())
    first, second = meanwhile(
        other,
        lambda: approve(request, digest=request.digest, by=dan),
        first=lambda: approve(request, digest=request.digest, by=bea),
    )
    assert first == "done"
    assert second.endswith("is approved: there is nothing to approve.")
    assert Approval.objects.get().user == bea
    assert Step.objects.filter(request=request, to_state=RequestState.APPROVED).count() == 1
    assert carry_on(request).state == RequestState.APPLYING
    assert Release.objects.count() == 1


def test_the_rules_change_while_the_last_approval_is_given(
    other: ThreadPoolExecutor, prod: Environment, ask: Ask, bea: User, lead: User
) -> None:
    request = carry_on(ask())
    # The approval has looked at the rules of before when it waits, and counts by them.
    done, given = meanwhile(
        other,
        lambda: approve(request, digest=request.digest, by=bea),
        first=lambda: change_rules(prod, values={"approvals": 2}, by=lead),
    )
    assert (done, given) == ("done", "done")
    request = carry_on(request)  # looked at again before the release moves
    assert request.state == RequestState.AWAITING_APPROVAL
    assert request.round == 2
    assert not Release.objects.exists()
