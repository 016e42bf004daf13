"""Keep actors alive for some seconds and count their calls."""

import argparse
import time

import ray

parser = argparse.ArgumentParser()
parser.add_argument("--actors", type=float, default=2)
parser.add_argument("--cpus", type=float, default=1)
parser.add_argument("--seconds", type=float, default=5)
options = parser.parse_args()


@ray.remote
class Counter:
    def __init__(self) -> None:
        self.count = 0

    def add(self) -> int:
        self.count += 1
        return self.count


ray.init()
counters = [Counter.options(num_cpus=options.cpus).remote() for _ in range(int(options.actors))]
ray.get([counter.add.remote() for counter in counters])
print(f"{len(counters)} actors are up", flush=True)
until = time.monotonic() + options.seconds
while time.monotonic() < until:
    ray.get([counter.add.remote() for counter in counters])
    time.sleep(0.2)
print(f"calls answered: {ray.get([counter.add.remote() for counter in counters])}", flush=True)
