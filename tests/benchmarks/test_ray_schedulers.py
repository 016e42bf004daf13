"""Ray's schedulers as libraries: asked in a process of their own, since importing Ray warns."""

import json
import subprocess
import sys

import pytest

ASK = """
import json
from benchmarks.planning import ray_schedulers
from domain.demand import Strategy
from tests.benchmarks.small import cpus, gang, instance, standing
ray_schedulers.load()
asked = {
    "plain": instance(cpus(1, 13)),
    "standing": instance(cpus(1, 13), standing=(standing(2, 5),)),
    "apart": instance(gangs=(gang(Strategy.STRICT_SPREAD, 1, 1, 1),)),
    "together": instance(gangs=(gang(Strategy.STRICT_PACK, 3, 3),)),
    "too large": instance(cpus(50, 2)),
}
found = {}
for version, ask in ray_schedulers.SCHEDULERS.items():
    for name, each in asked.items():
        answer = ask(each)
        found[f"{name}, {version}"] = [sum(answer.launches.values()), answer.unplaced]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def answers() -> dict[str, list[int]]:
    ran = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    return json.loads(ran.stdout.splitlines()[-1])


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize(
    ("asked", "nodes", "unplaced"),
    [
        ("plain", 2, 0),
        ("standing", 1, 0),
        ("apart", 3, 0),
        ("together", 1, 0),
        ("too large", 0, 2),
    ],
)
def test_ray_answers(
    answers: dict[str, list[int]], asked: str, nodes: int, unplaced: int, version: str
) -> None:
    assert answers[f"{asked}, {version}"] == [nodes, unplaced]
