"""A job that fills a large machine, and then only leaves one small actor on it.

The actor may be restarted: it says where it was at first and where it is in the end.
"""

import argparse
import os
import time
from pathlib import Path

import ray
from ray.exceptions import RayActorError

parser = argparse.ArgumentParser()
parser.add_argument("--shrink", type=Path, required=True)
parser.add_argument("--until", type=Path, required=True)
options = parser.parse_args()


@ray.remote
class Keeper:
    def where(self) -> str:
        return os.environ["MOBULA_NODE"]


def where(keeper: Keeper) -> str:
    """Return the actor's node, asking again while it is restarted."""
    for _ in range(100):
        try:
            return ray.get(keeper.where.remote(), timeout=30)
        except (RayActorError, ray.exceptions.GetTimeoutError):
            time.sleep(1)
    raise TimeoutError("The actor did not come back.")


ray.init()
large = Keeper.options(num_cpus=6).remote()
ray.get(large.where.remote())
keeper = Keeper.options(num_cpus=1, max_restarts=-1).remote()
first = where(keeper)
print("all at work", flush=True)  # noqa: T201 - it is the job's log
while not options.shrink.exists():
    time.sleep(0.2)
ray.kill(large)
while not options.until.exists():
    time.sleep(0.2)
while where(keeper) == first:
    time.sleep(1)
print(f"moved from {first} to {where(keeper)}", flush=True)  # noqa: T201
