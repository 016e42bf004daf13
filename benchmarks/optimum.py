"""Small plans beside the optimum: random catalogues, one to four shapes, up to 300 copies.

`python -m benchmarks.optimum --instances 500`; docs/benchmarks.md says the rest.
"""

import argparse
import math
import statistics
import sys
import time
from random import Random

from benchmarks import report
from benchmarks.planning.optimum import optimum, paid, small

_MOST_COPIES = 300
_WORST, _MEAN = 1.01, 1.001


def main() -> int:
    """Print ours ÷ optimum for each number of shapes; return 1 if a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.optimum", description=__doc__)
    parser.add_argument("--instances", type=int, default=300, help="for each number of shapes")
    parser.add_argument("--shapes", type=int, nargs="+", default=(1, 2, 3, 4))
    options = parser.parse_args()
    rows = {shapes: _ratios(shapes, options.instances) for shapes in options.shapes}
    every = [ratio for ratios in rows.values() for ratio in ratios]
    mean, worst = statistics.geometric_mean(every), max(every)
    report.DIRECTORY.mkdir(parents=True, exist_ok=True)
    report.write(
        "optimum",
        goal=_MEAN,
        value=round(mean, 6),
        unit="cost of small plans ÷ optimum",
        machine=report.machine(),
        worst=round(worst, 6),
        instances={shapes: len(ratios) for shapes, ratios in rows.items()},
    )
    return 0 if mean <= _MEAN and worst <= _WORST else 1


def _ratios(shapes: int, instances: int) -> list[float]:
    ratios, milliseconds = [], []
    for number in range(instances):
        random = Random(f"optimum/{shapes}/{number}")  # noqa: S311 - nothing secret
        problem = small(random, shapes=shapes, copies=random.randint(shapes, _MOST_COPIES))
        best = optimum(problem)
        if best is None:
            continue
        began = time.process_time()
        ratios.append(paid(problem) / best)
        milliseconds.append(1_000 * (time.process_time() - began))
    print(
        f"{shapes} shapes, {len(ratios)} proven of {instances}: geometric mean "
        f"{statistics.geometric_mean(ratios):.5f}, worst {max(ratios):.4f}, "
        f"{math.ceil(statistics.median(milliseconds))} ms (most {max(milliseconds):.0f})",
        flush=True,
    )
    return ratios


if __name__ == "__main__":
    sys.exit(main())
