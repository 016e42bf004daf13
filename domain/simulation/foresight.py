"""The forecast of each group while the days pass: what it needed, what comes, when to start."""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.configuration.scaling import ForecastSettings
from domain.planner.model import NodePhase
from domain.simulation.nodes import SimulatedNode
from domain.simulation.policy import ClusterSnapshot
from domain.strategies.floors import ForecastFloor
from domain.strategies.forecast import NotEnough, Prediction, predict, why_not_used

type NeedSeries = list[tuple[datetime, float]]

SAMPLE_SECONDS = 300
# Mobula makes forecasts each quarter of an hour; here that would take most of the time.
RENEWED = timedelta(hours=12)
# What a machine takes until one was seen.
BOOT_SECONDS, LAST_BOOTS = 120.0, 100


@dataclass(kw_only=True)
class Foresight:
    """`history` is what each group needed before the simulation began."""

    wanted: ForecastSettings
    groups: tuple[str, ...]
    history: Mapping[str, NeedSeries] = field(default_factory=dict)
    sample_seconds: int = SAMPLE_SECONDS
    longest_ahead: int = round(BOOT_SECONDS)
    only_watches: bool = False
    needs: dict[str, NeedSeries] = field(default_factory=dict)
    _boots: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    _made: dict[str, Prediction] = field(default_factory=dict)
    _made_at: datetime | None = None

    def __post_init__(self) -> None:
        self.needs = {name: list(self.history.get(name, ())) for name in self.groups}

    def note(self, state: ClusterSnapshot, moment: datetime) -> None:
        """Remember what each group needs now."""
        for name, nodes in needed(self.groups, state).items():
            self.needs[name].append((moment, nodes))

    def booted(self, node: SimulatedNode, now: int) -> None:
        """Remember how long a machine took."""
        self._boots[node.group].append(now - node.asked_at)

    def floors(self, moment: datetime) -> Mapping[str, ForecastFloor]:
        """Return the forecasts that may start nodes now."""
        if self.only_watches:
            return {}
        if self._made_at is None or moment - self._made_at >= RENEWED:
            self._made, self._made_at = dict(self._predictions(moment)), moment
        return {
            name: ForecastFloor(prediction=made, boot_seconds=self._ahead(name))
            for name, made in self._made.items()
        }

    def _predictions(self, moment: datetime) -> Iterable[tuple[str, Prediction]]:
        for name, need in self.needs.items():
            try:
                made = predict(need, now=moment, quantile=self.wanted.quantile)
            except NotEnough:
                continue
            if not why_not_used(made, max_error_percent=self.wanted.max_error_percent):
                yield name, made

    def _ahead(self, name: str) -> float:
        """Return the time within which nine of ten of the last machines were ready."""
        boots = self._boots[name][-LAST_BOOTS:]
        if len(boots) < 2:
            return float(boots[0]) if boots else BOOT_SECONDS
        return statistics.quantiles(boots, n=10, method="inclusive")[-1]


def needed(groups: Iterable[str], state: ClusterSnapshot) -> dict[str, float]:
    """Return how many nodes of each group are busy, or on their way while something waits."""
    counts = dict.fromkeys(groups, 0.0)
    for node in state.nodes.values():
        counts[node.group] += bool(node.runs) or (state.waits and node.phase is NodePhase.PENDING)
    return counts
