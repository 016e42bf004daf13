"""Reserve bundles, each on a node of its own, and run one task in each."""

import argparse
import time

import ray
from ray.util.placement_group import placement_group, remove_placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

parser = argparse.ArgumentParser()
parser.add_argument("--bundles", type=float, default=2)
parser.add_argument("--cpus", type=float, default=1)
parser.add_argument("--seconds", type=float, default=5)
options = parser.parse_args()


@ray.remote
def where() -> str:
    time.sleep(options.seconds)
    return ray.util.get_node_ip_address()


ray.init()
bundles = [{"CPU": options.cpus} for _ in range(int(options.bundles))]
group = placement_group(bundles, strategy="STRICT_SPREAD")
print(f"waiting for {len(bundles)} bundles on as many nodes", flush=True)
ray.get(group.ready())
tasks = [
    where.options(
        num_cpus=options.cpus,
        scheduling_strategy=PlacementGroupSchedulingStrategy(group, placement_group_bundle_index=i),
    ).remote()
    for i in range(len(bundles))
]
print(f"ran on {sorted(ray.get(tasks))}", flush=True)
remove_placement_group(group)
