from typing import Any

import pytest

from .cast import CLUSTER, NOON, Opener


@pytest.fixture
def open_node(db: None) -> Opener:
    """Open the interval of a worker `n-1` of `trainer` at noon, at $1 an hour unless told."""
    # Late: pytest reads this file before Django is set up.
    from metering import ledger
    from metering.models import Interval

    def open_node(node: str = "n-1", **given: Any) -> Interval:
        wanted = {
            "cluster_id": CLUSTER,
            "cluster_name": "trainer",
            "team_id": 1,
            "template_id": 7,
            "template_name": "train",
            "owner_id": 3,
            "owner_name": "alice",
            "group": "workers",
            "role": "worker",
            "instance_type": "local-4",
            "market": "on_demand",
            "vcpus": 4,
            "memory_bytes": 2**33,
            "gpus": 0,
            "hourly_microusd": 1_000_000,
            "started_at": NOON,
        }
        ledger.open_interval(node=node, **(wanted | given))
        return Interval.objects.get(node=node)

    return open_node
