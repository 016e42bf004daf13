"""A rule is switched for the clusters whose configuration has it."""

from __future__ import annotations

import pytest

from accounts.errors import Invalid, Outdated
from accounts.models import AuditEntry, User
from clusters.models import Cluster, EnabledRule, RuleValue
from clusters.services.rules import disable_rule, enable_rule
from tests.clusters.with_strategies import RULE, SCALING, floors, kinds, sampled

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("group", "expression"), [("cpu", "1"), ("gpu", "1"), ("c\0pu", "a\0b")])
@pytest.mark.parametrize("switch", [enable_rule, disable_rule])
def test_rule_that_the_configuration_does_not_have_is_outdated(
    cluster: Cluster, alice: User, switch: object, group: str, expression: str
) -> None:
    with pytest.raises(Outdated, match="Reload the page"):
        switch(cluster, group=group, expression=expression, by=alice)  # type: ignore[operator]
    assert not EnabledRule.objects.exists()


def test_an_enabled_rule_leaves_its_replay_in_the_trail(
    with_strategies: Cluster, alice: User
) -> None:
    sampled(with_strategies, days=1, needed=lambda at: at.hour % 3)
    enable_rule(with_strategies, **RULE, by=alice)
    enable_rule(with_strategies, **RULE, by=alice)  # a second click changes nothing
    (entry,) = AuditEntry.objects.filter(action="rule.enabled")
    assert entry.after is not None
    assert entry.after["replayed_samples"] == 24
    assert entry.after["failed_samples"] == 8


def with_rule(cluster: Cluster, expression: str) -> Cluster:
    """The cluster, whose configuration has this rule instead."""
    from tests.clusters.conftest import TEXT

    text = TEXT.rstrip() + SCALING.replace("8 / queue", expression)
    versions = cluster.version.template.versions
    cluster.version = versions.create(
        number=versions.count() + 1, text=text, digest="", message="Rule.", author=cluster.owner
    )
    cluster.save(update_fields=["version"])
    return cluster


def test_a_rule_that_is_none_cannot_be_enabled(with_strategies: Cluster, alice: User) -> None:
    with_rule(with_strategies, "nope")
    with pytest.raises(Invalid, match="nope is not available here"):
        enable_rule(with_strategies, group="cpu", expression="nope", by=alice)
    assert not EnabledRule.objects.exists()


def test_a_rule_may_be_enabled_that_gives_nothing_at_one_moment(
    with_strategies: Cluster, alice: User
) -> None:
    enable_rule(
        with_rule(with_strategies, "2 - queue"), group="cpu", expression="2 - queue", by=alice
    )
    with_rule(with_strategies, "queue > 3")
    with pytest.raises(Invalid, match="true or false, not a number"):
        enable_rule(with_strategies, group="cpu", expression="queue > 3", by=alice)


def test_a_disabled_rule_raises_nothing_and_forgets(with_strategies: Cluster, alice: User) -> None:
    enable_rule(with_strategies, **RULE, by=alice)
    floors(with_strategies)
    disable_rule(with_strategies, **RULE, by=alice)
    disable_rule(with_strategies, **RULE, by=alice)
    assert "rule" not in kinds(with_strategies)
    assert not RuleValue.objects.exists()
    assert AuditEntry.objects.filter(action="rule.disabled").count() == 1


def test_next_pass_of_every_cluster_sees_that_a_rule_was_enabled_or_disabled(
    with_strategies: Cluster, alice: User
) -> None:
    run = with_strategies.run
    for change in (enable_rule, disable_rule):
        before = run.news
        change(with_strategies, **RULE, by=alice)
        run.refresh_from_db()
        assert run.news > before
