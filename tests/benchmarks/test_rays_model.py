"""The simulation's model of Ray's autoscaler launches what Ray's own scheduler launches.

Ray is asked in a process of its own, since importing it warns.
"""

import json
import subprocess
import sys

import pytest

TRACES = ("uniform1cpu", "cpumem", "gpumix", "frag", "manyshapes", "halffull", "placement")
ASK = """
import json, sys
from collections import Counter
from benchmarks.planning import ray_schedulers
from benchmarks.planning.instances.choice import instance
from domain.planner.amounts import exact
from domain.planner.model import Offer
from domain.simulation.ray_packing import Bin, NodeType, packed

def model(asked):
    types = [
        NodeType(
            group=one.name,
            offer=Offer(instance_type=one.name, resources=one.resources, hourly_usd=one.hourly_usd),
            max_nodes=one.max_nodes,
        )
        for one in asked.types
    ]
    by_name = {one.group: one for one in types}
    bins = [
        Bin(
            type=by_name[one.type],
            name=f"{one.type}-{number}-{each}",
            total=exact(asked.type(one.type).resources),
            free={name: 0 for name in asked.type(one.type).resources} | exact(one.free),
        )
        for number, one in enumerate(asked.standing)
        for each in range(one.count)
    ]
    after = packed(asked.demand, bins, types, lambda one: (1.0, 0.0))
    return Counter(one.type.group for one in after if not one.name)

ray_schedulers.load()
found = {}
for trace in sys.argv[1:]:
    for seed in (1, 2):
        asked = instance(trace, size=60, types=20, seed=seed)
        found[f"{trace} {seed}"] = [ray_schedulers.ray_v2(asked).launches, model(asked)]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def answers() -> dict[str, list[dict[str, int]]]:
    command = [sys.executable, "-c", ASK, *TRACES]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("trace", TRACES)
def test_the_model_launches_the_same(
    answers: dict[str, list[dict[str, int]]], trace: str, seed: int
) -> None:
    rays, ours = answers[f"{trace} {seed}"]
    assert ours == rays
