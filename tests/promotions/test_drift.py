"""A cluster that is not what its environment has says so, and is brought back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.errors import Invalid, WrongState
from accounts.models import User
from clusters.queries.drift import drift_of
from clusters.queries.replacement import version_before
from clusters.services.drifting import bring_back, draft_of_drift
from clusters.services.launching import launch_cluster
from clusters.services.limits import change_time_limits
from clusters.services.operating import resize_group
from clusters.services.updating import update_cluster
from configurations.models import Version
from promotions.models import ChangeRequest, Environment
from promotions.services.environments import change_rules
from tests.clusters.head import Head
from tests.promotions.steps import carry_on, changed, finish

pytestmark = pytest.mark.django_db


@pytest.fixture
def follower(
    environments: dict[str, Environment],
    ask: Callable[..., ChangeRequest],
    version: Version,
    alice: User,
    queued: list[str],
) -> Head:
    """A running cluster that follows dev, where train:1 is released."""
    finish(carry_on(ask("dev")))
    head = Head(launch_cluster(name="one", version=version, environment="dev", by=alice))
    for _ in range(2):
        head.pass_by()
        head.report()
    head.pass_by()
    return head


def lines(head: Head) -> tuple[str, ...]:
    head.cluster.refresh_from_db()
    drift = drift_of(head.cluster)
    assert drift
    return drift.lines


def test_what_users_changed_is_named_and_undone(follower: Head, alice: User) -> None:
    assert lines(follower) == ()
    with pytest.raises(WrongState, match=r"one is what train:1 in dev says\."):
        bring_back(follower.cluster, by=alice)
    resize_group(follower.cluster, group="cpu", min_nodes=1, max_nodes=9, by=alice)
    change_time_limits(follower.cluster, idle_minutes=None, max_lifetime_minutes=60, by=alice)
    assert lines(follower) == (
        "Group cpu has 1–9 nodes; the release says 0–4.",
        "Idle timeout is none; the release says 30 min.",
        "Maximum lifetime is 60 min; the release says 480 min.",
    )
    bring_back(follower.cluster, by=alice)
    assert lines(follower) == ()


def test_another_version_is_named_and_taken_back(
    follower: Head, version: Version, alice: User
) -> None:
    more = changed(version, find="max_nodes: 4", replace="max_nodes: 7")
    update_cluster(follower.cluster, version=more, by=alice)
    assert lines(follower)[0] == "It runs train:2; dev has train:1."
    bring_back(follower.cluster, by=alice)
    assert lines(follower) == ()
    assert follower.cluster.version == version
    before = version_before(follower.cluster)  # it can still be undone
    assert before == more


def test_a_draft_has_what_the_cluster_is_now(follower: Head, alice: User) -> None:
    resize_group(follower.cluster, group="cpu", min_nodes=1, max_nodes=9, by=alice)
    draft = draft_of_drift(follower.cluster, by=alice)
    assert "max_nodes: 9" in draft.text
    assert "min_nodes: 1" in draft.text
    assert "Group cpu has 1–9 nodes" in draft.origin


def test_where_only_releases_run_no_other_version_is_updated_to(
    follower: Head, version: Version, alice: User, lead: User, environments: dict[str, Environment]
) -> None:
    change_rules(environments["dev"], values={"release_only": True}, by=lead)
    more = changed(version, find="max_nodes: 4", replace="max_nodes: 7")
    with pytest.raises(Invalid, match="dev runs only released versions of train"):
        update_cluster(follower.cluster, version=more, by=alice)


def test_its_page_says_how_it_differs_and_offers_both_ways(follower: Head, alice: User) -> None:
    resize_group(follower.cluster, group="cpu", min_nodes=1, max_nodes=9, by=alice)
    client = Client()
    client.force_login(alice)
    page = reverse("clusters:detail", args=[follower.cluster.pk])
    shown = client.get(page).content.decode()
    assert "Group cpu has 1–9 nodes; the release says 0–4." in shown
    answer = client.post(reverse("clusters:draft-of-drift", args=[follower.cluster.pk]))
    assert answer.headers["Location"].startswith("/templates/drafts/")
    client.post(reverse("clusters:bring-back", args=[follower.cluster.pk]))
    assert "the release says" not in client.get(page).content.decode()
