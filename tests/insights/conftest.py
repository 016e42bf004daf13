from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.utils.timezone import now

from tests.insights.cast import HOUR, MINUTE, make_cluster, make_group, make_node, measure

if TYPE_CHECKING:
    from accounts.models import Team, User
    from clusters.models import Cluster


@pytest.fixture
def trainer(alice: User, research: Team) -> Cluster:
    """A cluster of one head and two workers, up for five hours, measured for the last one."""
    from metering.posting import post
    from retention.partitions import prepare

    moment = now()
    prepare(moment)
    cluster = make_cluster("trainer", team=research, owner=alice, drivers=1, actors=0)
    nodes = [make_node(make_group(cluster, "head"), started=moment - 5 * HOUR)]
    workers = make_group(cluster)
    nodes += [make_node(workers, started=moment - 5 * HOUR) for _ in range(2)]
    measure(nodes, since=moment - HOUR, until=moment, step=MINUTE)
    post(moment)
    return cluster
