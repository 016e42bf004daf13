"""Checks of when workers go back and when the cluster ends."""

from collections.abc import Iterator

from domain.configuration.spec import ComputeConfig, MobulaBlock
from domain.problems import Problem, shown, warning


def ending_problems(config: ComputeConfig) -> Iterator[Problem]:
    """Times that contradict each other, and clusters that would never end or never start."""
    ours = config.mobula
    yield from _times(ours)
    flag = config.flags.get("idle_termination_seconds")
    if flag is not None and flag != config.worker_idle_seconds:
        message = (
            f"Idle workers terminate after {config.worker_idle_seconds} s; the flag "
            f"`idle_termination_seconds` says {shown(flag)}."
        )
        hint = "Set both to the same value; Mobula uses `worker_idle_seconds`."
        yield warning("mobula.worker_idle_seconds", "worker-idle-differs", message, hint=hint)
    if not ours.autoscaling:
        yield from _fixed_sizes(config)


def _times(ours: MobulaBlock) -> Iterator[Problem]:
    idle, lifetime = ours.idle_minutes, ours.max_lifetime_minutes
    if idle is None and lifetime is None:
        message = (
            "This cluster never terminates automatically: it costs money until a user stops it."
        )
        hint = "Set `idle_minutes` or `max_lifetime_minutes`."
        yield warning("mobula.idle_minutes", "never-ends", message, hint=hint)
    if idle is not None and lifetime is not None and idle > lifetime:
        message = (
            f"The cluster reaches its maximum lifetime before its idle timeout ({idle} > "
            f"{lifetime})."
        )
        hint = f"Lower `idle_minutes` to less than {lifetime}."
        yield warning("mobula.idle_minutes", "idle-beyond-lifetime", message, hint=hint)
    if idle is not None and ours.worker_idle_seconds > idle * 60:
        message = "The cluster terminates before its worker idle timeout."
        hint = f"Lower `worker_idle_seconds` to at most {idle * 60}."
        path = "mobula.worker_idle_seconds"
        yield warning(path, "worker-idle-beyond-idle", message, hint=hint)


def _fixed_sizes(config: ComputeConfig) -> Iterator[Problem]:
    for index, group in enumerate(config.groups):
        if group.min_nodes == 0:
            message = f"Autoscaling is off and the group {shown(group.name)} has size 0."
            hint = "Set its size in `min_nodes`, or turn autoscaling on."
            yield warning(f"worker_nodes[{index}].min_nodes", "size-zero", message, hint=hint)
