"""What an environment changes: a part of a configuration laid over the whole."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from domain.configuration.patching import patched
from domain.configuration.spec import ComputeConfig, written
from domain.problems import Problem, error, path_of
from domain.yaml.structure import Structured, structure

ENVIRONMENTS = ("dev", "test", "prod")
"""What a team's environments are called until it changes them."""
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
        raise ValueError(
            f"The environment {name} overrides something that cannot be overridden this way."
        )
    return found.draft


def overlaid(config: ComputeConfig) -> Iterator[tuple[str, ComputeConfig | None, list[Problem]]]:
    """Each environment with its configuration, as far as that fits, and what is wrong with it.

    The problems' paths lead to the overlay's own keys.
    """
    for name in config.mobula.environments:
        at = path_of((*_HELD, name))
        block = config.mobula.environments[name].get("mobula")
        if isinstance(block, Mapping) and "environments" in block:
            message = "An environment cannot contain environments."
            found = [error(f"{at}.mobula.environments", "nested-environments", message)]
            yield name, None, found
            continue
        result = _overlaid(config, name)
        places = _places(config, config.mobula.environments[name])
        yield name, result.draft, [_moved(one, at, places) for one in result.problems]


def _overlaid(config: ComputeConfig, name: str) -> Structured:
    base = written(config)
    block = {key: value for key, value in base.get("mobula", {}).items() if key != "environments"}
    whole = {**base, "mobula": block}
    if config.worker_nodes is not None:  # a group is met by its name, also by one it has by default
        whole[GROUPS] = [{**written(group), "name": group.name} for group in config.groups]
    return structure(patched(whole, config.mobula.environments[name], {GROUPS: _name_of}))


def _name_of(group: object) -> object:
    if not isinstance(group, Mapping):
        return None
    return group.get("name") or group.get("instance_type")


def _places(config: ComputeConfig, overlay: Mapping[str, Any]) -> dict[int, int]:
    """Where a group of the whole stands in the overlay, by its place in the whole."""
    names: list[object] = [group.name for group in config.groups]
    places = {}
    groups = overlay.get(GROUPS)
    for index, group in enumerate(groups if isinstance(groups, list | tuple) else ()):
        name = _name_of(group)
        if name not in names:
            names.append(name)
        places[names.index(name)] = index
    return places


_GROUP = re.compile(r"worker_nodes\[(\d+)\](.*)", re.DOTALL)


def _moved(problem: Problem, at: str, places: Mapping[int, int]) -> Problem:
    """The problem at the overlay's own key; a fix of the whole would not fit there."""
    inner = problem.path
    if found := _GROUP.match(inner):
        place = places.get(int(found[1]))
        inner = GROUPS if place is None else f"{GROUPS}[{place}]{found[2]}"
    return replace(problem, path=f"{at}.{inner}" if inner else at, fix=None)
