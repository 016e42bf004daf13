"""An environment that nothing needs any more can be removed, or get another name."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts.errors import Invalid, NotAllowed, WrongState
from accounts.models import AuditEntry, Team, User
from clusters.models import Cluster
from clusters.services.launching import launch_cluster
from configurations.models import Version
from domain.lifecycle import ClusterState
from domain.promotions.states import RequestState
from promotions.environments import environments_of, saved_environments
from promotions.models import ChangeRequest, Environment, Release
from promotions.services.approvals import approve
from promotions.services.environments import add_approver, add_environment, change_rules
from promotions.services.releases import roll_back
from promotions.services.removing import InUse, remove_environment, rename_environment
from promotions.services.requests import cancel_request, check_request, request_change
from tests.promotions.steps import carry_on, changed, finish

pytestmark = pytest.mark.django_db
type Ask = Callable[..., ChangeRequest]
type Environments = dict[str, Environment]


def names(team: Team) -> list[str]:
    return [row.name for row in environments_of(team)]


def ended(cluster: Cluster) -> None:
    """The cluster, terminated with all its machines."""
    Cluster.objects.filter(pk=cluster.pk).update(state=ClusterState.TERMINATED)


def test_an_admin_removes_one_and_its_history_stays(
    environments: Environments, ask: Ask, research: Team, lead: User, bea: User
) -> None:
    request = finish(carry_on(ask("test")))
    with pytest.raises(NotAllowed):
        remove_environment(environments["test"], by=bea)
    remove_environment(environments["test"], by=lead)
    assert names(research) == ["dev", "prod"]
    assert [row.position for row in environments_of(research)] == [0, 1]
    assert ChangeRequest.objects.get(pk=request.pk).environment.removed_at
    assert Release.objects.get().environment.name == "test"
    entry = AuditEntry.objects.get(action="environment.removed")
    assert (entry.actor, entry.before) == (lead, {"name": "test", "position": 1})


def test_its_name_can_be_used_again_without_its_past(
    environments: Environments, ask: Ask, research: Team, lead: User, version: Version
) -> None:
    finish(carry_on(ask("test")))
    remove_environment(environments["test"], by=lead)
    again = add_environment(research, name="test", by=lead)
    assert names(research) == ["dev", "prod", "test"]
    request = carry_on(ask("test"))  # it is not released there: this is another environment
    assert request.environment == again
    assert Release.objects.get(request=request).number == 1


def test_what_was_opened_on_its_page_does_not_reach_its_successor(
    environments: Environments, research: Team, lead: User
) -> None:
    old = environments["test"]
    remove_environment(old, by=lead)
    add_environment(research, name="test", by=lead)
    with pytest.raises(WrongState, match="no environment 'test' any more"):
        change_rules(old, values={"approvals": 0}, by=lead)
    with pytest.raises(WrongState):
        add_approver(old, group="leads", user=lead, by=lead)
    with pytest.raises(WrongState):
        remove_environment(old, by=lead)


def test_an_open_request_holds_it(
    environments: Environments, ask: Ask, alice: User, lead: User
) -> None:
    request = ask("test")
    with pytest.raises(InUse) as refusal:
        remove_environment(environments["test"], by=lead)
    (hold,) = refusal.value.holds
    assert (hold.name, hold.url) == (f"#{request.pk}", f"/changes/{request.pk}/")
    cancel_request(request, by=alice)
    remove_environment(environments["test"], by=lead)


@pytest.mark.parametrize("state", ["running", "stopped", "failed", "terminating"])
def test_a_cluster_holds_it_until_it_is_terminated(
    environments: Environments, version: Version, alice: User, lead: User, state: str
) -> None:
    cluster = launch_cluster(name="one", version=version, environment="test", by=alice)
    Cluster.objects.filter(pk=cluster.pk).update(state=state)
    with pytest.raises(InUse, match="test cannot be removed: it is needed by one") as refusal:
        remove_environment(environments["test"], by=lead)
    assert refusal.value.holds[0].words == f"Cluster one is {state}. Terminate it."
    ended(cluster)
    remove_environment(environments["test"], by=lead)


def test_defaults_are_held_by_clusters_too(
    version: Version, research: Team, alice: User, lead: User
) -> None:
    launch_cluster(name="one", version=version, environment="dev", by=alice)
    dev, test, _ = environments_of(research)  # not saved yet
    with pytest.raises(InUse):
        remove_environment(dev, by=lead)
    remove_environment(test, by=lead)
    assert names(research) == ["dev", "prod"]


def test_a_team_keeps_one(environments: Environments, research: Team, lead: User) -> None:
    for name in ("dev", "prod"):
        remove_environment(environments[name], by=lead)
    with pytest.raises(WrongState, match="the only environment of Research"):
        remove_environment(environments["test"], by=lead)
    assert names(research) == ["test"]
    assert [row.name for row in saved_environments(research)] == ["test"]


def test_the_one_after_it_asks_for_the_one_before_it(
    environments: Environments, ask: Ask, lead: User
) -> None:
    Environment.objects.filter(name="prod").update(needs_previous=True, approvals=0)
    finish(carry_on(ask("dev")))
    waiting = carry_on(ask("prod"))
    assert waiting.state == RequestState.BLOCKED  # it was not verified in test
    remove_environment(environments["test"], by=lead)
    check_request(waiting, by=waiting.author)
    assert carry_on(waiting).state == RequestState.APPLYING


def test_removing_the_one_before_voids_an_approval(
    prod: Environment, environments: Environments, ask: Ask, bea: User, dan: User, lead: User
) -> None:
    finish(carry_on(ask("test")))
    change_rules(prod, values={"needs_previous": True, "approvals": 2}, by=lead)
    request = carry_on(ask("prod"))
    approve(request, digest=request.digest, by=bea)
    remove_environment(environments["test"], by=lead)
    request = carry_on(request)
    assert request.state == RequestState.BLOCKED  # dev comes before it now
    assert "the rules of the environment" in request.approvals.get().void_reason


def test_nothing_comes_back_to_one_that_was_removed(
    environments: Environments, ask: Ask, version: Version, alice: User, lead: User
) -> None:
    finish(carry_on(ask("dev")))
    new = changed(version, find="max_nodes: 4", replace="max_nodes: 7")
    second = request_change(new, environment="dev", title="More.", by=alice)
    second = finish(carry_on(second))
    remove_environment(environments["dev"], by=lead)
    with pytest.raises(WrongState, match="Environment dev was removed"):
        roll_back(second, reason="Slow.", by=lead)
    with pytest.raises(Invalid, match="no environment 'dev'"):
        ask("dev")
    with pytest.raises(Invalid, match="environment 'dev'"):
        launch_cluster(name="one", version=version, environment="dev", by=alice)


def test_it_gets_another_name(
    environments: Environments, ask: Ask, research: Team, lead: User, bea: User
) -> None:
    request = finish(carry_on(ask("test")))
    with pytest.raises(NotAllowed):
        rename_environment(environments["test"], name="qa", by=bea)
    with pytest.raises(Invalid, match="already has"):
        rename_environment(environments["test"], name="prod", by=lead)
    with pytest.raises(Invalid):
        rename_environment(environments["test"], name="no good", by=lead)
    rename_environment(environments["test"], name="qa", by=lead)
    assert names(research) == ["dev", "qa", "prod"]
    assert ChangeRequest.objects.get(pk=request.pk).environment.name == "qa"
    entry = AuditEntry.objects.get(action="environment.renamed")
    assert (entry.before, entry.after) == ({"name": "test"}, {"name": "qa"})
    rename_environment(environments["prod"], name="test", by=lead)  # the old name is free


@pytest.mark.parametrize("said_for", ["test", "dev"])
def test_a_name_for_which_a_released_version_says_something_stays(
    environments: Environments, version: Version, alice: User, lead: User, said_for: str
) -> None:
    remove_environment(environments["dev"], by=lead)
    overlay = f"mobula:\n  environments:\n    {said_for}: {{mobula: {{idle_minutes: 9}}}}\n"
    of = changed(version, find="mobula:\n", replace=overlay)
    finish(carry_on(request_change(of, environment="test", title="More.", by=alice)))
    with pytest.raises(InUse) as refusal:
        rename_environment(environments["test"], name="dev", by=lead)
    assert f"{of} was released here" in refusal.value.holds[0].words


def test_a_cluster_holds_the_name(
    environments: Environments, version: Version, alice: User, lead: User
) -> None:
    cluster = launch_cluster(name="one", version=version, environment="test", by=alice)
    with pytest.raises(InUse, match="test cannot be renamed"):
        rename_environment(environments["test"], name="qa", by=lead)
    ended(cluster)
    rename_environment(environments["test"], name="qa", by=lead)
