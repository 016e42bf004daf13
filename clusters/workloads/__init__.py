"""Small real Ray jobs that show a cluster at work; their files run on the cluster, not here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    name: str
    label: str
    default: float
    least: float
    most: float

    def wrong(self, value: float | None) -> str:
        """Return what is wrong with a value, or ""."""
        if value is not None and self.least <= value <= self.most:
            return ""
        return f"{self.label}: between {self.least:g} and {self.most:g}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    key: str
    label: str
    summary: str
    parameters: tuple[Parameter, ...]

    @property
    def script(self) -> str:
        return f"{self.key}.py"

    def source(self) -> str:
        """Return the program that the cluster runs."""
        return (Path(__file__).parent / self.script).read_text()

    def wrong_values(self, values: Mapping[str, float]) -> list[tuple[str, str]]:
        """Return the parameters whose values cannot be, each with the reason."""
        wrong = [(p.name, p.wrong(values.get(p.name))) for p in self.parameters]
        return [(name, reason) for name, reason in wrong if reason]

    def entrypoint(self, values: dict[str, float]) -> str:
        """Return the job's command line for `values`, by parameter name."""
        words = [f"--{p.name.replace('_', '-')}={values[p.name]:g}" for p in self.parameters]
        return " ".join(["python", self.script, *words])


_SECONDS = Parameter(name="seconds", label="Seconds per task", default=5, least=0, most=3600)

WORKLOADS: dict[str, Workload] = {
    workload.key: workload
    for workload in (
        Workload(
            key="cpu_tasks",
            label="CPU tasks",
            summary="Many parallel tasks: workers launch for them and terminate when idle.",
            parameters=(
                Parameter(name="tasks", label="Tasks", default=8, least=1, most=10_000),
                Parameter(name="cpus", label="CPUs each", default=1, least=0.1, most=64),
                _SECONDS,
            ),
        ),
        Workload(
            key="actors",
            label="Actors",
            summary="Actors that keep their worker busy until they exit.",
            parameters=(
                Parameter(name="actors", label="Actors", default=2, least=1, most=1_000),
                Parameter(name="cpus", label="CPUs each", default=1, least=0.1, most=64),
                _SECONDS,
            ),
        ),
        Workload(
            key="placement_group",
            label="Placement group",
            summary="Bundles that must all be placed, each on a separate node.",
            parameters=(
                Parameter(name="bundles", label="Bundles", default=2, least=1, most=100),
                Parameter(name="cpus", label="CPUs each", default=1, least=0.1, most=64),
                _SECONDS,
            ),
        ),
        Workload(
            key="object_store",
            label="Object store",
            summary="Objects created on one node and read on another.",
            parameters=(
                Parameter(name="objects", label="Objects", default=4, least=1, most=1_000),
                Parameter(name="mib", label="MiB each", default=8, least=1, most=1_024),
                _SECONDS,
            ),
        ),
    )
}
