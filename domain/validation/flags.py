"""Checks of the `flags` boxes: known names, and durations that can be read."""

from collections.abc import Iterator, Mapping

from domain.problems import Problem, did_you_mean, error, path_of, shown, warning
from domain.quantities import parse_duration
from domain.spec import ComputeConfig

DURATIONS = frozenset({
    "workload_starting_timeout", "workload_recovering_timeout", "zone_starting_timeout",
    "replacement_threshold",
})  # fmt: skip
CLUSTER_FLAGS = DURATIONS | {
    "idle_termination_seconds", "instance_selection_strategy", "instance_ranking_strategy",
    "disable_nfs_mount", "efa_config", "disable_gpu_health_checks", "min_resources",
    "max_resources", "allow-cross-zone-autoscaling", "max-cpus", "max-gpus",
}  # fmt: skip
NODE_FLAGS = frozenset({"replacement_threshold", "pricing_weight", "cloud_deployment"})


def flag_problems(config: ComputeConfig) -> Iterator[Problem]:
    """Unknown flags and unreadable durations, on the cluster and on each node."""
    yield from _flags(config.flags, "flags", known=CLUSTER_FLAGS)
    if config.head_node is not None:
        yield from _flags(config.head_node.flags, "head_node.flags", known=NODE_FLAGS)
    for index, group in enumerate(config.groups):
        yield from _flags(group.flags, f"worker_nodes[{index}].flags", known=NODE_FLAGS)


def _flags(flags: Mapping[str, object], path: str, *, known: frozenset[str]) -> Iterator[Problem]:
    for name, value in flags.items():
        step = path_of((name,))
        at = f"{path}{step}" if step.startswith("[") else f"{path}.{step}"
        if name not in known:
            hint = did_you_mean(name, known) or "It will be ignored."
            yield warning(at, "unknown-flag", f"{shown(name)} is not a flag here.", hint=hint)
        elif name in DURATIONS:
            yield from _duration(value, at)


def _duration(value: object, path: str) -> Iterator[Problem]:
    try:
        if not isinstance(value, str):
            raise ValueError(f"{shown(value)} is not a duration: write it with its unit: 90s.")
        parse_duration(value)
    except ValueError as unreadable:
        yield error(path, "bad-duration", str(unreadable), hint="Units are h, m and s.")
