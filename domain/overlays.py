"""What an environment changes: a part of a configuration laid over the whole."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from domain.problems import Problem, error, path_of
from domain.spec import ComputeConfig, Plain, written
from domain.structure import Structured, structure

ENVIRONMENTS = ("dev", "test", "prod")
GROUPS = "worker_nodes"
_HELD = ("mobula", "environments")


def for_environment(config: ComputeConfig, name: str) -> ComputeConfig:
    """The configuration as it is in that environment; itself where nothing differs there.

    Raises ValueError when the overlay does not fit: `overlaid` says why.
    """
    if name not in config.mobula.environments:
        return config
    found = _overlaid(config, name)
    if found.draft is None or found.problems:
        raise ValueError(f"The environment {name} changes what cannot be changed so.")
    return found.draft


def overlaid(config: ComputeConfig) -> Iterator[tuple[str, ComputeConfig | None, list[Problem]]]:
    """Each environment with its configuration, as far as that fits, and what is wrong with it.

    The problems' paths lead to the overlay's own keys.
    """
    for name in config.mobula.environments:
        at = path_of((*_HELD, name))
        block = config.mobula.environments[name].get("mobula")
        if isinstance(block, Mapping) and "environments" in block:
            message = "An environment cannot have environments of its own."
            found = [error(f"{at}.mobula.environments", "nested-environments", message)]
            yield name, None, found
            continue
        result = _overlaid(config, name)
        yield name, result.draft, [_moved(problem, at) for problem in result.problems]


def _overlaid(config: ComputeConfig, name: str) -> Structured:
    base = written(config)
    block = {key: value for key, value in base.get("mobula", {}).items() if key != "environments"}
    whole = {**base, "mobula": block}
    return structure(_laid(whole, config.mobula.environments[name]))


def _laid(base: Plain, over: Mapping[str, Any]) -> Plain:
    """`over` laid on `base`: mappings merge, null removes, groups meet by name, the rest is new."""
    merged = dict(base)
    for key, value in over.items():
        if value is None:
            merged.pop(key, None)
        elif key == GROUPS and isinstance(value, list | tuple):
            merged[key] = _groups(merged.get(key) or [], value)
        elif isinstance(value, Mapping) and isinstance(merged.get(key), Mapping):
            merged[key] = _laid(merged[key], value)
        else:
            merged[key] = value
    return merged


def _groups(base: list[Plain], over: list[Any] | tuple[Any, ...]) -> list[Any]:
    """The groups with what the overlay says of those of the same name; others come last."""
    merged: list[Any] = list(base)
    places = {_name_of(group): index for index, group in enumerate(merged)}
    for group in over:
        place = places.get(_name_of(group))
        if place is None or not isinstance(group, Mapping):
            merged.append(group)
        else:
            merged[place] = _laid(cast("Plain", merged[place]), group)
    return merged


def _name_of(group: object) -> object:
    if not isinstance(group, Mapping):
        return None
    name = group.get("name") or group.get("instance_type")
    return name if isinstance(name, str) else None


def _moved(problem: Problem, at: str) -> Problem:
    """The problem at the overlay: its groups are counted in the merged list, so name the block."""
    inner = problem.path.split("[", 1)[0] if problem.path.startswith(GROUPS) else problem.path
    path = f"{at}.{inner}" if inner else at
    return Problem(
        path=path,
        severity=problem.severity,
        code=problem.code,
        message=problem.message,
        hint=problem.hint,
    )
