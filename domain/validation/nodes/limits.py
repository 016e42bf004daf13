"""Checks of the cluster's minima and maxima against what its nodes bring."""

from collections.abc import Iterator
from math import inf

from domain.catalogue.node_resources import Shapes, shapes_of
from domain.catalogue.region import RegionCatalogue
from domain.catalogue.room import most_nodes, room_of
from domain.configuration.spec import ComputeConfig
from domain.problems import (
    Problem,
    did_you_mean,
    error,
    note,
    path_of,
    removing,
    setting,
    shown,
    warning,
)
from domain.quantities import amount_of, tidy_number
from domain.validation.nodes.resources import (
    TYPED_RESOURCES,
    byte_problems,
    name_problems,
)


def limit_problems(config: ComputeConfig, *, target: RegionCatalogue) -> Iterator[Problem]:
    """Limits that contradict each other, cannot be met, or leave no room for a group."""
    shapes = shapes_of(config, target)
    for path in ("min_resources", "max_resources"):
        yield from name_problems(getattr(config, path), path)
        yield from byte_problems(getattr(config, path), path)
    yield from _min_above_max(config)
    yield from _limits_of_nothing(config, shapes)
    yield from _minima_above_max(config, shapes)
    yield from _unreachable_minima(config, shapes)
    yield from _room_for_groups(config, shapes)


def _min_above_max(config: ComputeConfig) -> Iterator[Problem]:
    for name, least in config.min_resources.items():
        most = config.max_resources.get(name, inf)
        if least > most:
            message = f"The minimum of {shown(name)} exceeds its maximum ({least:g} > {most:g})."
            hint = f"Lower it to {most:g} or raise `max_resources`."
            fix = setting(("min_resources", name), tidy_number(most), label=f"Lower to {most:g}")
            path = path_of(("min_resources", name))
            yield error(path, "min-above-max", message, hint=hint, fix=fix)


def _limits_of_nothing(config: ComputeConfig, shapes: Shapes) -> Iterator[Problem]:
    """A maximum that no node ever counts towards is likely a name with a slip."""
    offered = [shapes.head, *(amounts for _, amounts in shapes.groups)]
    if not config.groups or any(amounts is None for amounts in offered):
        return
    brought = {name for amounts in offered for name in amounts or ()} | set(TYPED_RESOURCES)
    for name in config.max_resources:
        if name not in brought and name.lower() not in {one.lower() for one in TYPED_RESOURCES}:
            message = f"No node has any {shown(name)}: this maximum has no effect."
            hint = did_you_mean(name, brought) or "Add it to a group's `resources`, or remove it."
            fix = removing(("max_resources", name))
            path = path_of(("max_resources", name))
            yield note(path, "limit-of-nothing", message, hint=hint, fix=fix)


def _minima_above_max(config: ComputeConfig, shapes: Shapes) -> Iterator[Problem]:
    """The nodes that always run must fit under the cluster's maximum."""
    for name, most in config.max_resources.items():
        always = _always_running(shapes, name)
        if always > most:
            message = (
                f"The head and the groups' minimums need {amount_of(name, always)}, "
                f"but the cluster's maximum is {amount_of(name, most)}."
            )
            hint = "Raise the maximum or lower `min_nodes`."
            path, loc = path_of(("max_resources", name)), ("max_resources", name)
            fix = setting(loc, tidy_number(always), label=f"Raise to {amount_of(name, always)}")
            yield error(path, "minima-exceed-maximum", message, hint=hint, fix=fix)


def _always_running(shapes: Shapes, resource: str) -> float:
    workers = sum(
        group.min_nodes * offered.get(resource, 0)
        for group, offered in shapes.groups
        if offered is not None
    )
    return (shapes.head or {}).get(resource, 0) + workers


def _unreachable_minima(config: ComputeConfig, shapes: Shapes) -> Iterator[Problem]:
    """Only if every machine is known can we say that a minimum is out of reach."""
    if shapes.head is None or any(offered is None for _, offered in shapes.groups):
        return
    for name, least in config.min_resources.items():
        reach = shapes.head.get(name, 0) + sum(
            most_nodes(group, config) * (offered or {}).get(name, 0)
            for group, offered in shapes.groups
        )
        path = path_of(("min_resources", name))
        if least > 0 and reach == 0:
            message = f"No group has any {shown(name)}, so its minimum is never met."
            hint = "Add it to a group's `resources`, or remove the minimum."
            fix = removing(("min_resources", name))
            yield error(path, "minimum-not-supplied", message, hint=hint, fix=fix)
        elif least > reach:
            message = f"All groups together reach {amount_of(name, reach)}, less than {least:g}."
            hint = "Raise the groups' `max_nodes` or lower the minimum."
            loc = ("min_resources", name)
            fix = setting(loc, tidy_number(reach), label=f"Lower to {amount_of(name, reach)}")
            yield error(path, "minimum-out-of-reach", message, hint=hint, fix=fix)


def _room_for_groups(config: ComputeConfig, shapes: Shapes) -> Iterator[Problem]:
    """How many nodes of each group the cluster's maximum leaves room for."""
    rooms = [room_of(config, shapes, offered) for _, offered in shapes.groups]
    if rooms and all(room == 0 for room, _ in rooms):
        names = ", ".join(f"`{name}`" for name in sorted({name for _, name in rooms}))
        message = f"No group can launch: one node of each exceeds the maximum of {names}."
        hint = "Raise `max_resources` or choose smaller machines."
        yield error("max_resources", "no-group-can-start", message, hint=hint)
        return
    for index, ((group, _), (room, name)) in enumerate(zip(shapes.groups, rooms, strict=True)):
        path = f"worker_nodes[{index}]"
        if room == 0:
            message = (
                f"The group {shown(group.name)} can never launch: one node exceeds the "
                f"cluster's maximum of {shown(name)}."
            )
            hint = "Raise `max_resources` or choose a smaller machine."
            yield warning(path, "group-never-starts", message, hint=hint)
        elif room < most_nodes(group, config):
            at = f"{path}.max_nodes"
            message = f"At most {room} nodes can run because of max_resources.{name}."
            yield note(at, "max-nodes-capped", message)
