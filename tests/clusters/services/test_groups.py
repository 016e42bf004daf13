"""A stopped group is tried again; another one is not."""

from __future__ import annotations

import pytest
from django.utils.timezone import now

from accounts.errors import NotFound, WrongState
from accounts.models import AuditEntry, User
from clusters.models import Cluster
from clusters.services.groups import try_group_again

pytestmark = pytest.mark.django_db


def test_stopped_group_may_launch_again(cluster: Cluster, alice: User) -> None:
    cluster.groups.filter(name="cpu").update(stopped_at=now(), stopped_reason="No permission.")
    try_group_again(cluster, group="cpu", by=alice)
    assert cluster.groups.get(name="cpu").stopped_at is None
    entry = AuditEntry.objects.get(action="group.tried_again")
    assert entry.before == {"group": "cpu", "stopped": "No permission."}


def test_group_that_is_not_stopped_is_left_alone(cluster: Cluster, alice: User) -> None:
    with pytest.raises(WrongState, match="is not stopped"):
        try_group_again(cluster, group="cpu", by=alice)


@pytest.mark.parametrize("group", ["gpu", "c\0pu"])
def test_group_that_is_none_is_not_found(cluster: Cluster, alice: User, group: str) -> None:
    with pytest.raises(NotFound, match="has no group"):
        try_group_again(cluster, group=group, by=alice)
