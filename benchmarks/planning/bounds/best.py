"""The best lower bound on an instance's cost, computed once and kept."""

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.planning.bounds.linear import least_unplaced, linear_bound, whole_nodes_bound
from benchmarks.planning.bounds.patterns import pattern_bound
from benchmarks.planning.bounds.relaxation import relaxation
from benchmarks.planning.instance import Instance

_WHOLE_NODES_SECONDS = 15.0
_PATTERN_SECONDS = 120.0
_MANY_ITEMS = 500  # beyond that the other two prove no more and take minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """Each in $/h; no plan that serves all costs less than the highest of them."""

    linear: float = 0.0
    whole_nodes: float = 0.0
    pattern: float = 0.0
    least_unplaced: int = 0
    seconds: float = 0.0

    @property
    def usd(self) -> float:
        return max(self.linear, self.whole_nodes, self.pattern)


class Bounds:
    """Bounds by instance, kept in a file: they do not change with the planner."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept = self._read()

    def of(self, instance: Instance) -> Bound:
        """Return the bound, from the file if it is there."""
        if instance.digest not in self._kept:
            record = asdict(bound(instance)) | {"instance": instance.name}
            self._kept = self._read() | {instance.digest: record}
            self._path.parent.mkdir(parents=True, exist_ok=True)
            part = self._path.with_suffix(".part")
            part.write_text(json.dumps(self._kept, indent=1) + "\n")
            part.replace(self._path)
        kept = dict(self._kept[instance.digest])
        del kept["instance"]
        return Bound(**kept)

    def _read(self) -> dict[str, dict[str, Any]]:
        """Read it again before each write: another run may have added to it."""
        return json.loads(self._path.read_text()) if self._path.exists() else {}


def bound(instance: Instance) -> Bound:
    """Compute the bounds of an instance."""
    began = time.perf_counter()
    relaxed = relaxation(instance)
    if not instance.all_fit:
        return Bound(
            least_unplaced=least_unplaced(relaxed), seconds=round(time.perf_counter() - began, 3)
        )
    linear, whole, pattern = linear_bound(relaxed), 0.0, 0.0
    if len(relaxed.items) <= _MANY_ITEMS:
        whole = whole_nodes_bound(relaxed, seconds=_WHOLE_NODES_SECONDS)
        pattern = pattern_bound(relaxed, seconds=_PATTERN_SECONDS)
    seconds = round(time.perf_counter() - began, 3)
    return Bound(linear=linear, whole_nodes=whole, pattern=pattern, seconds=seconds)
