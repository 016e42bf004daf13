"""Run tasks that each hold some CPUs for some seconds."""

import argparse
import time

import ray

parser = argparse.ArgumentParser()
parser.add_argument("--tasks", type=float, default=8)
parser.add_argument("--cpus", type=float, default=1)
parser.add_argument("--seconds", type=float, default=5)
options = parser.parse_args()


@ray.remote
def work(number: int) -> str:
    # It sleeps rather than spins: declared CPUs may be more than this machine has.
    time.sleep(options.seconds)
    return f"task {number} on {ray.util.get_node_ip_address()}"


ray.init()
started = time.monotonic()
pending = [work.options(num_cpus=options.cpus).remote(i) for i in range(int(options.tasks))]
while pending:
    done, pending = ray.wait(pending)
    print(ray.get(done[0]), flush=True)
print(f"{int(options.tasks)} tasks done in {time.monotonic() - started:.1f} s", flush=True)
