"""Checks of the `flags` boxes: known names, values that can be read, no two words for one thing."""

from collections.abc import Callable, Iterator, Mapping

from domain.configuration.spec import ComputeConfig
from domain.problems import (
    Problem,
    did_you_mean,
    error,
    inside,
    nearest,
    removing,
    renaming,
    setting,
    shown,
    warning,
)
from domain.quantities import parse_duration
from domain.validation.nodes.labels import below

DURATIONS = frozenset({
    "workload_starting_timeout", "workload_recovering_timeout", "zone_starting_timeout",
    "replacement_threshold",
})  # fmt: skip
MOST_DIGITS = 10  # a duration with more of them is none
STRATEGIES = ("force_smallest_fit", "relaxed")
CLUSTER_FLAGS = DURATIONS | {
    "idle_termination_seconds", "instance_selection_strategy", "instance_ranking_strategy",
    "disable_nfs_mount", "efa_config", "disable_gpu_health_checks", "min_resources",
    "max_resources", "allow-cross-zone-autoscaling", "max-cpus", "max-gpus",
}  # fmt: skip
NODE_FLAGS = frozenset({"replacement_threshold", "pricing_weight", "cloud_deployment"})
# Flags that the newer schema says by a field: flag → (field, key in it).
_FIELDS = {
    "max-cpus": ("max_resources", "CPU"),
    "max-gpus": ("max_resources", "GPU"),
    "allow-cross-zone-autoscaling": ("enable_cross_zone_scaling", ""),
}
_EFA_KEYS = ("device_count", "placement_group", "security_group_id")


def flag_problems(config: ComputeConfig) -> Iterator[Problem]:
    """Unknown flags, unreadable values and contradictions, on the cluster and on each node."""
    yield from _flags(config.flags, "flags", known=CLUSTER_FLAGS, elsewhere=NODE_FLAGS)
    yield from _twice(config)
    nodes = {"head_node": config.head_node.flags} if config.head_node else {}
    nodes |= {f"worker_nodes[{index}]": group.flags for index, group in enumerate(config.groups)}
    for path, flags in nodes.items():
        yield from _flags(flags, f"{path}.flags", known=NODE_FLAGS, elsewhere=CLUSTER_FLAGS)


def _flags(
    flags: Mapping[str, object], path: str, *, known: frozenset[str], elsewhere: frozenset[str]
) -> Iterator[Problem]:
    for name, value in flags.items():
        at = below(path, name)
        if name in known:
            if check := _CHECKS.get(name):
                yield from check(value, at)
        elif name in elsewhere:
            place = "the cluster" if name in CLUSTER_FLAGS else "a worker group"
            message = f"{shown(name)} is a flag of {place}; it has no effect here."
            gone = removing(inside(path, name))
            yield warning(at, "flag-elsewhere", message, hint="It is ignored here.", fix=gone)
        else:
            near = nearest(name, known)
            hint = did_you_mean(name, known) or "It will be ignored."
            here = inside(path, name)
            fix = renaming(here, near) if near and near not in flags else removing(here)
            message = f"{shown(name)} is not a valid flag here."
            yield warning(at, "unknown-flag", message, hint=hint, fix=fix)


def _duration(value: object, path: str) -> Iterator[Problem]:
    try:
        if not isinstance(value, str):
            raise ValueError(f"{shown(value)} is not a duration: write it with its unit: 90s.")
        parse_duration(value)
    except ValueError as unreadable:
        whole = str(value).strip()
        is_number = whole.isdecimal() and whole.isascii() and len(whole) < MOST_DIGITS
        fix = setting(path, f"{whole}s") if is_number else None
        yield error(path, "bad-duration", str(unreadable), hint="Units are h, m and s.", fix=fix)


def _seconds(value: object, path: str) -> Iterator[Problem]:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        message = f"Seconds must be a whole number of 0 or more, not {shown(value)}."
        fix = None
        if isinstance(value, str):
            try:
                fix = setting(path, parse_duration(value))
            except ValueError:
                is_number = value.isdecimal() and len(value) < MOST_DIGITS
                fix = setting(path, int(value)) if is_number else None
        yield error(path, "bad-flag", message, hint="Write 120 for two minutes.", fix=fix)


def _switch(value: object, path: str) -> Iterator[Problem]:
    if not isinstance(value, bool):
        message = f"This flag must be true or false, not {shown(value)}."
        meant = str(value).lower() in {"true", "yes", "on", "1"}
        yield error(path, "bad-flag", message, fix=setting(path, meant))


def _strategy(value: object, path: str) -> Iterator[Problem]:
    if value not in STRATEGIES:
        near = nearest(str(value), STRATEGIES)
        hint = did_you_mean(str(value), STRATEGIES) or f"Strategies: {', '.join(STRATEGIES)}."
        message = f"Unknown strategy {shown(value)}."
        fix = setting(path, near) if near else None
        yield error(path, "unknown-strategy", message, hint=hint, fix=fix)


def _weight(value: object, path: str) -> Iterator[Problem]:
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        message = f"A pricing weight must be a number above 0, not {shown(value)}."
        hint = "The price is divided by it: with 2, the group counts as half the price."
        yield error(path, "bad-flag", message, hint=hint)


def _efa(value: object, path: str) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        message = f"`efa_config` must be a mapping, not {shown(value)}."
        hint = "Write {} for its defaults."
        yield error(path, "bad-flag", message, hint=hint, fix=setting(path, {}, label="Use {}"))
        return
    for key, item in value.items():
        here, at = inside(path, key), below(path, key)
        if key not in _EFA_KEYS:
            near = nearest(key, _EFA_KEYS)
            hint = did_you_mean(key, _EFA_KEYS) or f"Keys: {', '.join(_EFA_KEYS)}."
            fix = renaming(here, near) if near and near not in value else removing(here)
            message = f"{shown(key)} is not a key of `efa_config`."
            yield error(at, "bad-flag", message, hint=hint, fix=fix)
        elif key == "device_count" and (type(item) is not int or item < 1):
            message = f"The number of devices must be a whole number above 0, not {shown(item)}."
            yield error(at, "bad-flag", message, hint="Remove it to use all devices.",
                        fix=removing(here))  # fmt: skip
        elif key != "device_count" and not (isinstance(item, str) and item):
            message = f"`{key}` must be a name, not {shown(item)}."
            yield error(at, "bad-flag", message, hint="Remove it to create one.",
                        fix=removing(here))  # fmt: skip


def _ignored(value: object, path: str) -> Iterator[Problem]:  # noqa: ARG001 - as the others
    """What the SDK itself writes onto the wire has a field of its own in a file."""
    name = path.rpartition(".")[2].strip('[]"')
    message = f"`{name}` is a field of the configuration, not a flag."
    hint = "The field takes precedence; move the value there."
    yield warning(path, "flag-is-a-field", message, hint=hint, fix=removing(path))


_CHECKS: Mapping[str, Callable[[object, str], Iterator[Problem]]] = {
    **dict.fromkeys(DURATIONS, _duration),
    "idle_termination_seconds": _seconds,
    "disable_nfs_mount": _switch,
    "disable_gpu_health_checks": _switch,
    "instance_selection_strategy": _strategy,
    "pricing_weight": _weight,
    "efa_config": _efa,
    "min_resources": _ignored,
    "max_resources": _ignored,
    "cloud_deployment": _ignored,
}


def _twice(config: ComputeConfig) -> Iterator[Problem]:
    """A flag and a field for one thing: they may differ, and only one of them holds."""
    for flag, (field, key) in _FIELDS.items():
        if flag not in config.flags:
            continue
        at = f"flags.{flag}"
        held = getattr(config, field)
        said = held.get(key) if key else held
        where = f"{field}.{key}" if key else field
        if said is None or (not key and field not in config.model_fields_set):
            message = f"`{flag}` is deprecated; use `{where}`."
            yield warning(
                at,
                "flag-is-a-field",
                message,
                hint="Move the value to the field.",
                fix=removing(at),
            )
        elif said != config.flags[flag]:
            message = f"`{flag}` says {shown(config.flags[flag])}, `{where}` says {shown(said)}."
            hint = "The field takes precedence: remove the flag."
            yield error(at, "flag-differs", message, hint=hint, fix=removing(at))
