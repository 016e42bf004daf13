"""The name suggested for a cluster is free, valid and made from its template's."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts.models import Team
from clusters.forms import LaunchForm
from clusters.models import Cluster
from clusters.queries.clusters import free_name
from domain.lifecycle import ClusterState

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("base", "name"),
    [
        ("train", "train"),
        ("Train GPU_v2", "train-gpu-v2"),
        ("7b-chat", "cluster-7b-chat"),
        ("--", "cluster"),
        ("é", "cluster"),
        ("a" * 63, "a" * 40),
        ("a" * 39 + "-b", "a" * 39),
    ],
)
def test_name_is_made_valid(research: Team, base: str, name: str) -> None:
    assert free_name(research, base) == name
    assert LaunchForm.base_fields["name"].clean(name) == name


def test_names_of_live_clusters_are_passed_over(
    launch: Callable[..., Cluster], research: Team
) -> None:
    for name in ("train", "train-2", "train-4"):
        launch(name)
    assert free_name(research, "train") == "train-3"


def test_number_is_kept_within_the_longest_name(
    launch: Callable[..., Cluster], research: Team
) -> None:
    launch("a" * 40)
    assert free_name(research, "a" * 63) == "a" * 38 + "-2"


def test_name_of_a_terminated_cluster_is_free(cluster: Cluster, research: Team) -> None:
    assert free_name(research, "one") == "one-2"
    Cluster.objects.update(state=ClusterState.TERMINATED)
    assert free_name(research, "one") == "one"


def test_another_teams_clusters_take_no_names(cluster: Cluster, other: Team) -> None:
    assert free_name(other, "one") == "one"
