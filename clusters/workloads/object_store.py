"""Make objects in tasks and read them in other tasks."""

import argparse
import time

import ray

parser = argparse.ArgumentParser()
parser.add_argument("--objects", type=float, default=4)
parser.add_argument("--mib", type=float, default=8)
parser.add_argument("--seconds", type=float, default=5)
options = parser.parse_args()


@ray.remote(num_cpus=1)
def make() -> bytes:
    return bytes(int(options.mib * 2**20))


@ray.remote(num_cpus=1)
def read(block: bytes) -> int:
    time.sleep(options.seconds)
    return len(block)


ray.init()
blocks = [make.remote() for _ in range(int(options.objects))]
sizes = ray.get([read.remote(block) for block in blocks])
print(f"read {sum(sizes) / 2**20:g} MiB in {len(sizes)} objects", flush=True)
