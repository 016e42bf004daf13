"""What runs on a node, read from the resources that Ray says are taken."""

from django.utils.timezone import now

from clusters.models import Node
from clusters.scaling.node_work import work_of
from domain.planner.model import Work

PG = "0123456789abcdef0123456789abcdef"


def test_work_of_a_node_is_read_from_what_ray_counts() -> None:
    node = Node(
        state="ready",
        total={"CPU": 8.0, "object_store_memory": 4.0e9, f"bundle_group_0_{PG}": 1000.0,
               f"CPU_group_0_{PG}": 2.0, f"CPU_group_{PG}": 2.0},
        free={"CPU": 3.5, "object_store_memory": 1.0e9, f"bundle_group_0_{PG}": 999.99,
              f"CPU_group_0_{PG}": 1.0, f"CPU_group_{PG}": 1.0},
    )  # fmt: skip
    assert work_of(node) == Work(tasks=4, bundles=1, object_bytes=3 * 10**9)
    node.actors = 2
    assert work_of(node).actors == 2
    node.idle_since = now()
    assert work_of(node) == Work()
    assert work_of(Node(state="ready", total={"CPU": 2.0}, free={"CPU": 2.0})) == Work(tasks=1)
