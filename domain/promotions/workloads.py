"""The test workloads that come with Mobula, by the key of the program that a cluster runs."""

from collections.abc import Mapping

TEST_WORKLOADS: Mapping[str, str] = {
    "cpu_tasks": "CPU tasks",
    "actors": "Actors",
    "placement_group": "Placement group",
    "object_store": "Object store",
}
