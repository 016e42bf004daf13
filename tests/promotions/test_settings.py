"""What an environment lays over versions: saved anew each time, pinned to each cluster."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.errors import Invalid, NotAllowed, NotFound
from accounts.models import AuditEntry, Team, User
from clouds.models import Cloud
from clusters.nodes.config import configuration_of
from clusters.scaling.plan_request import request_for
from clusters.services.launching import launch_cluster
from configurations.models import Version
from domain.configuration.spec import MarketType
from domain.promotions.overlay import Overlay
from domain.promotions.states import RequestState
from promotions.environments import current_settings
from promotions.models import ChangeRequest, Environment, EnvironmentSettings
from promotions.queries import checks_of
from promotions.services.environments import change_rules
from promotions.services.settings import restore_settings, save_settings
from tests.cast import make_cloud, make_team
from tests.clusters.head import Head
from tests.promotions.steps import carry_on, changed, explained

pytestmark = pytest.mark.django_db
type Ask = Callable[..., ChangeRequest]
FEW = Overlay(max_nodes=2, market=MarketType.ON_DEMAND, labels={"stage": "dev"})


@pytest.fixture
def dev(environments: dict[str, Environment]) -> Environment:
    return environments["dev"]


def test_each_change_is_a_row_with_its_reason_and_what_was_before(
    dev: Environment, lead: User
) -> None:
    first = save_settings(dev, overlay=FEW, reason=" A small budget. ", by=lead)
    second = save_settings(dev, overlay=Overlay(max_nodes=3), reason="More work.", by=lead)
    assert (first.number, second.number) == (1, 2)
    assert current_settings(dev) == second
    assert (second.author, second.reason) == (lead, "More work.")
    entry = AuditEntry.objects.filter(action="environment.settings_changed").latest("pk")
    assert (entry.actor, entry.reason) == (lead, "More work.")
    assert entry.before == {
        "number": 1,
        "max_nodes": 2,
        "market": "ON_DEMAND",
        "labels": {"stage": "dev"},
    }
    assert entry.after == {"number": 2, "max_nodes": 3}


def test_earlier_ones_come_back_as_new_ones(dev: Environment, lead: User) -> None:
    save_settings(dev, overlay=FEW, reason="A small budget.", by=lead)
    save_settings(dev, overlay=Overlay(), reason="No caps.", by=lead)
    back = restore_settings(dev, number=1, reason="Too expensive.", by=lead)
    assert (back.number, back.overlay) == (3, FEW)
    with pytest.raises(NotFound, match="dev has no settings 7"):
        restore_settings(dev, number=7, reason="Too expensive.", by=lead)


def test_a_default_environment_becomes_a_row_with_its_first_settings(
    research: Team, lead: User
) -> None:
    from promotions.environments import environment_of

    unsaved = environment_of(research, "prod")
    assert unsaved is not None
    assert unsaved.pk is None
    assert current_settings(unsaved) is None
    save_settings(unsaved, overlay=FEW, reason="A small budget.", by=lead)
    assert Environment.objects.get(team=research, name="prod").settings.count() == 1


@pytest.mark.parametrize(
    ("overlay", "reason", "words"),
    [
        (Overlay(), "Nothing.", "dev already has these settings"),
        (FEW, " ", "Say why"),
        (FEW, "x" * 2_001, "at most 2,000 characters"),
        (Overlay(max_nodes=0), "None.", "Enter 1 to 10,000"),
        (Overlay(cloud="theirs"), "Move.", "Team Research has no access to a cloud 'theirs'"),
    ],
)
def test_what_makes_no_sense_is_refused(
    dev: Environment, lead: User, overlay: Overlay, reason: str, words: str
) -> None:
    make_cloud("theirs", provider="fake", team=make_team("Theirs"))
    with pytest.raises(Invalid, match=words):
        save_settings(dev, overlay=overlay, reason=reason, by=lead)
    assert not EnvironmentSettings.objects.exists()


def test_only_admins_of_the_team_change_them(dev: Environment, alice: User, charlie: User) -> None:
    for user in (alice, charlie):
        with pytest.raises(NotAllowed):
            save_settings(dev, overlay=FEW, reason="Mine.", by=user)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE promotions_environmentsettings SET content = '{}'",
        "DELETE FROM promotions_environmentsettings",
        "TRUNCATE promotions_environmentsettings CASCADE",
    ],
)
def test_the_database_refuses_to_change_them(dev: Environment, lead: User, statement: str) -> None:
    save_settings(dev, overlay=FEW, reason="A small budget.", by=lead)
    with connection.cursor() as cursor:  # or TRUNCATE is refused for what is pending
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with (
        pytest.raises(DatabaseError, match="append-only: save new ones"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_caps_reach_the_planner_of_a_launched_cluster(
    dev: Environment, version: Version, alice: User, lead: User, queued: list[str]
) -> None:
    caps = Overlay(max_nodes=2, max_cpus=8, max_gpus=0, max_usd_per_hour=Decimal("0.5"))
    pinned = save_settings(dev, overlay=caps, reason="A small budget.", by=lead)
    head = Head(launch_cluster(name="one", version=version, environment="dev", by=alice))
    assert head.cluster.settings == pinned
    assert head.cluster.groups.get(name="cpu").max_nodes == 2
    for _ in range(3):
        head.pass_by()
        head.report()
    request = request_for(head.cluster, list(head.cluster.groups.all()), head.nodes())
    assert request.max_nodes == 2
    assert request.max_resources == {"CPU": 8, "GPU": 0}
    assert request.max_usd_per_hour == Decimal("0.5")
    head.wants(8, CPU=1.0)
    head.report()
    head.pass_by()
    assert len(head.nodes()) == 2


def test_a_running_cluster_keeps_those_that_it_was_launched_with(
    dev: Environment, version: Version, alice: User, lead: User, queued: list[str]
) -> None:
    save_settings(dev, overlay=Overlay(max_nodes=3), reason="A small budget.", by=lead)
    cluster = launch_cluster(name="one", version=version, environment="dev", by=alice)
    save_settings(dev, overlay=Overlay(max_nodes=1), reason="A smaller one.", by=lead)
    cluster.refresh_from_db()
    assert configuration_of(cluster).mobula.max_nodes == 3
    other = launch_cluster(name="two", version=version, environment="dev", by=alice)
    assert configuration_of(other).mobula.max_nodes == 1
    elsewhere = launch_cluster(name="three", version=version, environment="test", by=alice)
    assert configuration_of(elsewhere).mobula.max_nodes is None


def test_a_version_that_asks_for_more_is_refused_with_the_reason(
    dev: Environment, version: Version, alice: User, lead: User
) -> None:
    save_settings(dev, overlay=Overlay(max_nodes=1), reason="A small budget.", by=lead)
    more = changed(version, find="max_nodes: 4", replace="min_nodes: 2\n    max_nodes: 4")
    with pytest.raises(Invalid) as refused:
        launch_cluster(name="one", version=more, environment="dev", by=alice)
    [message] = refused.value.messages
    assert message.startswith("The settings of dev do not fit: worker_nodes: The groups'")
    assert "add up to 2; the cap is 1 nodes" in message


def test_its_cloud_against_its_rules_fails_the_check_of_the_cloud(
    dev: Environment, ask: Ask, lead: User, research: Team
) -> None:
    paper = Cloud.objects.get(name="paper")
    change_rules(dev, values={"clouds": [paper]}, by=lead)
    far = make_cloud("far", provider="fake", team=research)
    with pytest.raises(Invalid, match="The rules of dev allow only paper"):
        save_settings(dev, overlay=Overlay(cloud="far"), reason="Move.", by=lead)
    change_rules(dev, values={"clouds": []}, by=lead)
    save_settings(dev, overlay=Overlay(cloud="far"), reason="Move.", by=lead)
    change_rules(dev, values={"clouds": [paper]}, by=lead)
    request = carry_on(ask("dev"))
    assert request.state == RequestState.BLOCKED, explained(request)
    cloud = next(row for row in checks_of(request) if row.kind == "cloud")
    assert cloud.summary == (
        f"The settings of dev put its clusters on {far}, and its rules allow only paper. "
        "Change the settings or the rules of dev."
    )


def test_what_is_reviewed_is_the_configuration_with_them(
    prod: Environment, ask: Ask, lead: User
) -> None:
    save_settings(prod, overlay=Overlay(max_nodes=2), reason="A small budget.", by=lead)
    request = carry_on(ask())
    shown = request.evidence["settings"]
    assert shown["number"] == 1
    assert shown["words"] == ["At most 2 worker nodes."]
    assert "Group cpu: Maximum nodes: 4 → 2" in shown["changed"]
    assert request.settings == current_settings(prod)
