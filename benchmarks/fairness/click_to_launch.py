"""From the click on Launch to the driver's call, on an installation with a cloud on paper.

    python -m benchmarks.fairness.click_to_launch NAME ROUNDS

Runs with the environment of the installation. The last line is the seconds of each round
but the first, as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from django.conf import settings

from benchmarks.fairness.hostile_clusters import member_of, version_for  # sets Django up
from clusters.services.launching import launch_cluster
from clusters.services.operating import terminate_cluster
from providers.fake.driver import FakeDriver

PATIENCE_SECONDS = 120.0
BETWEEN_SECONDS = 1.7  # in no step with anything that runs each second


def main() -> None:
    name, rounds = sys.argv[1], int(sys.argv[2])
    team, user = member_of(name)
    version = version_for(team, user)
    driver = FakeDriver(path=Path(settings.MOBULA_HOME) / "fake" / "world.json")
    times = []
    for number in range(rounds + 1):
        time.sleep(BETWEEN_SECONDS)
        began = time.monotonic()
        cluster = launch_cluster(name=f"{name}-{number}", version=version, by=user)
        while not any(node.startswith(cluster.handle) for node in driver.launched):
            if time.monotonic() - began > PATIENCE_SECONDS:
                break
            time.sleep(0.02)
        times.append(round(time.monotonic() - began, 3))
        print(f"{name}: {times[-1]:.2f} s", file=sys.stderr, flush=True)
        terminate_cluster(cluster, by=user)
    print(json.dumps(times[1:]))  # the first one warms workers up


if __name__ == "__main__":
    main()
