"""`python -m benchmarks.planning.ray_figures --to FILE`: what Ray's schedulers answer, kept.

All of it takes more than an hour, so each figure is written as soon as it is there, and a run that
was ended goes on where it was. Figures are kept by what is asked, not by the seed's number.
"""

import argparse
import json
from collections.abc import Iterator
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

from benchmarks.planning import ray_schedulers
from benchmarks.planning.forked import Broken, TooSlow, forked
from benchmarks.planning.instance import Instance
from benchmarks.planning.instances.choice import HUGE, instance
from benchmarks.planning.instances.own_traces import OWN_TRACES
from benchmarks.planning.instances.traces import TRACES
from benchmarks.planning.ray_schedulers import SCHEDULERS, RayAnswer

type Figure = dict[str, Any]  # status, seconds, launches, unplaced


class RayFigures:
    """Ray's answers by scheduler and instance, asked once and kept in a file."""

    def __init__(self, path: Path, *, timeout: float, ask: bool = True) -> None:
        self._path, self._timeout, self._ask = path, timeout, ask
        self.version = ray_schedulers.load()
        self._kept: dict[str, Figure] = self._read()
        self._too_slow: set[tuple[str, ...]] = set()

    def figure(self, instance: Instance, version: str) -> Figure | None:
        """Return Ray's answer; None when it cannot be asked this, or was not asked yet."""
        if not ray_schedulers.expressible(instance, version):
            return None
        key = f"{version}/{instance.digest}"
        if key not in self._kept and self._ask:
            self._kept[key] = self._asked(instance, version) | {"instance": instance.name}
            self._write()
        return self._kept.get(key)

    def _same_but_for_the_seed(self, instance: Instance, version: str) -> tuple[str, ...]:
        return version, instance.trace, str(instance.size), str(len(instance.types))

    def _asked(self, instance: Instance, version: str) -> Figure:
        alike = self._same_but_for_the_seed(instance, version)
        slow: Figure = {"status": "too slow", "seconds": self._timeout}
        if alike in self._too_slow:  # another seed of it takes as long
            return slow
        ask = partial(SCHEDULERS[version], instance)
        try:
            answer: RayAnswer = forked(ask, seconds=self._timeout)
        except TooSlow:
            self._too_slow.add(alike)
            return slow
        except Broken as error:
            return {"status": str(error)}
        return {
            "status": "ok",
            "seconds": answer.seconds,
            "launches": answer.launches,
            "unplaced": answer.unplaced,
        }

    def _read(self) -> dict[str, Figure]:
        if not self._path.exists():
            return {}
        content = json.loads(self._path.read_text())
        if content["ray"] != self.version:
            raise SystemExit(
                f"{self._path} holds figures of Ray {content['ray']}, this is {self.version}: "
                "name another file."
            )
        return dict(content["figures"])

    def _write(self) -> None:
        content = {"ray": self.version, "timeout": self._timeout, "figures": self._kept}
        part = self._path.with_suffix(".part")
        part.write_text(json.dumps(content, indent=1))
        part.replace(self._path)


def in_order(seeds: range) -> Iterator[Instance]:
    """Yield all instances, those first that are answered soonest."""
    for traces, (size, types) in product(
        (TRACES, OWN_TRACES), ((1_000, 20), (1_000, 100), (10_000, 20), (10_000, 100))
    ):
        for seed, trace in product(seeds, traces):
            if trace != "huge":
                yield instance(trace, size=size, types=types, seed=seed)
    for types in (20, 100):
        yield instance("huge", size=HUGE, types=types, seed=1)


def main() -> None:
    """Ask both schedulers about every instance."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, default=Path("var/bench/ray_figures.json"))
    parser.add_argument("--timeout", type=float, default=60)
    options = parser.parse_args()
    figures = RayFigures(options.to, timeout=options.timeout)
    for each, version in product(in_order(range(1, 6)), SCHEDULERS):
        figure = figures.figure(each, version)
        if figure:
            print(each.name, version, figure["status"], figure.get("seconds"), flush=True)


if __name__ == "__main__":
    main()
