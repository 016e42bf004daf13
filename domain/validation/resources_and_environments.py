"""Checks of parts of a configuration as wholes: each cloud resource, each environment."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from domain.catalogue.region import ANYWHERE, RegionCatalogue
from domain.configuration.spec import ComputeConfig
from domain.overlays import overlaid
from domain.problems import (
    Loc,
    Problem,
    Severity,
    error,
    loc_of,
    path_of,
    removing,
    shown,
    warning,
)

type Check = Callable[[ComputeConfig, RegionCatalogue], list[Problem]]


def resource_problems(
    config: ComputeConfig, target: RegionCatalogue, check: Check
) -> Iterator[Problem]:
    """What is wrong with each of the `configs`, at its own path.

    The target is the first one's; of the other resources' clouds nothing is known.
    """
    names: dict[str, int] = {}
    shared: dict[tuple[str, str], Problem] = {}
    for index, one in enumerate(config.resource_configs):
        for problem in check(one, ANYWHERE if index else target):
            moved = _moved(problem, config, index)
            key = (moved.path, moved.code)
            if not _is_shared(loc_of(problem.path), config, index):
                yield moved
            elif key in shared:
                shared[key] = _both(shared[key], moved)
            else:
                shared[key] = moved
        name, path = one.cloud_resource or "", f"configs[{index}].cloud_resource"
        if names.setdefault(name, index) != index:
            message = f"Two configurations are for the cloud resource {shown(name)}."
            hint = f"configs[{names[name]}] already covers it."
            yield error(path, "cloud-resource-twice", message, hint=hint)
    yield from shared.values()
    yield from _clouds(config)


def _both(first: Problem, second: Problem) -> Problem:
    """One problem of a shared value, mended in all the resources where it is one."""
    if first.fix is None or second.fix is None:
        return first
    new = [step for step in second.fix.steps if step not in first.fix.steps]
    return replace(first, fix=replace(first.fix, steps=(*first.fix.steps, *new)))


def _is_shared(loc: Loc, config: ComputeConfig, index: int) -> bool:
    """True if the value stands outside the `configs`: in our block, or among the outer flags."""
    if loc[:1] == ("mobula",):
        return True
    if loc[:1] != ("flags",) or len(loc) < 2:
        return False
    # As paths show them, where keys that cannot be read have a stand-in.
    inner, outer = (
        {path_of((name,)) for name in flags}
        for flags in ((config.configs or ())[index].flags, config.flags)
    )
    name = path_of(loc[1:2])
    return name in outer and name not in inner


def _clouds(config: ComputeConfig) -> Iterator[Problem]:
    for index, one in enumerate(config.configs or ()):
        if one.cloud is not None and one.cloud != config.cloud:
            path = f"configs[{index}].cloud"
            message = f"The cloud {shown(one.cloud)} is ignored: the outer one applies."
            hint = "All `configs` use one cloud."
            yield warning(path, "cloud-differs", message, hint=hint, fix=removing(path))


def environment_problems(
    config: ComputeConfig, target: RegionCatalogue, check: Check, *, known: Iterable[Problem]
) -> Iterator[Problem]:
    """What is wrong in an environment and is not among the problems known without it."""
    before = {(problem.path, problem.code) for problem in known}
    for name, there, problems in overlaid(config):
        yield from problems
        if there is None or problems:
            continue
        at = path_of(("mobula", "environments", name))
        for problem in check(there, target):
            is_new = (problem.path, problem.code) not in before
            if is_new and problem.severity is Severity.ERROR:
                message = f"In {name}, {problem.path}: {problem.message}"
                yield error(at, "environment-invalid", message, hint=problem.hint)


def _moved(problem: Problem, config: ComputeConfig, index: int) -> Problem:
    """The problem of a part, told of the whole: what stands outside of the part stays there."""
    outer: Loc = ("configs", index)

    def place(loc: Loc) -> Loc:
        return loc if _is_shared(loc, config, index) else (*outer, *loc)

    path = problem.path
    if not _is_shared(loc_of(path), config, index):
        at = path_of(outer)
        path = f"{at}{path}" if not path or path.startswith("[") else f"{at}.{path}"
    fix = problem.fix and replace(
        problem.fix,
        steps=tuple(replace(step, loc=place(step.loc)) for step in problem.fix.steps),
    )
    return replace(problem, path=path, fix=fix)
