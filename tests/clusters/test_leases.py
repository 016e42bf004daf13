"""One worker at a time holds a cluster."""

import pytest
from django.utils.timezone import now

from clusters.leases import LEASE, lease
from clusters.models import Cluster

pytestmark = pytest.mark.django_db


def test_killed_worker_leaves_a_lease_that_runs_out(cluster: Cluster) -> None:
    with lease(str(cluster.pk)) as held:
        assert held
        with lease(str(cluster.pk)) as second:
            assert second is None
        Cluster.objects.filter(pk=cluster.pk).update(lease_expires=now() - LEASE)
        with lease(str(cluster.pk)) as third:
            assert third
            # The late first worker may not write new nodes down any more.
            from clusters.leases import LeaseLost
            from clusters.nodes.rows import add_nodes

            with pytest.raises(LeaseLost):
                add_nodes(held, held.groups.get(name="cpu"), count=1)
