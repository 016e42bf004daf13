"""What runs every night: parts that need the group with the dataset, until a file says enough."""

import sys
import time
from pathlib import Path

import ray

ENOUGH = Path(sys.argv[1])


@ray.remote(num_cpus=1, resources={"dataset": 1})
def part(number: int) -> int:
    time.sleep(0.5)
    return number


ray.init()
done = 0
while not done or not ENOUGH.exists():
    done += 1
    print("part", ray.get(part.remote(done)), flush=True)  # noqa: T201
