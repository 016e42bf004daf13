"""From plain values to the models: each value that does not fit is named, the rest is kept."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import cast

from pydantic import ValidationError

from domain.configuration.legacy import is_legacy, modernise
from domain.configuration.spec import (
    ComputeConfig,
    Plain,
    WorkerGroup,
)
from domain.problems import (
    Loc,
    Problem,
    error,
    removing,
)
from domain.yaml.memory import Memory
from domain.yaml.misfits import OF_ONE_RESOURCE, kind_of, problem_of
from domain.yaml.plain_tree import Cleaning, TooMuch, enclosing_entry

MOST_GROUPS = 5_000
_GROUPS: Memory[WorkerGroup | None] = Memory(MOST_GROUPS)
MAX_PROBLEMS = 200
"""More than this nobody reads; finding the words for them takes time."""


@dataclass(frozen=True, slots=True)
class Structured:
    """A reading of plain values: the configuration as far as it fits, and what did not."""

    draft: ComputeConfig | None
    problems: list[Problem]
    broken: list[Loc]
    is_legacy: bool = False


def structure(value: object) -> Structured:
    """The configuration a plain mapping describes; never raises, whatever the value."""
    if not isinstance(value, Mapping):
        return Structured(None, [_not_a_document(value)], [()])
    cleaning = Cleaning()
    try:
        plain = cast("Plain", cleaning.clean(value))
    except TooMuch as too_much:
        return Structured(None, [*cleaning.problems, too_much.problem], [()])
    old = modernise(plain) if is_legacy(plain) else []
    draft, problems, unfit = _fit(plain)
    return Structured(
        draft,
        [*cleaning.problems, *old, *problems, *_beside_configs(plain)],
        [*cleaning.broken, *unfit],
        is_legacy=bool(old),
    )


def _fit(plain: Plain) -> tuple[ComputeConfig | None, list[Problem], list[Loc]]:
    """The model of the values, after taking out those that do not fit it."""
    try:
        return ComputeConfig.model_validate(_with_known_groups(plain)), [], []
    except ValidationError as invalid:
        details = invalid.errors(include_url=False)
    problems = [problem_of(detail, plain) for detail in details[:MAX_PROBLEMS]]
    if (more := len(details) - MAX_PROBLEMS) > 0:
        message = f"There are {more:,} more problems like these."
        problems.append(error("", "more-problems", message))
    unfit = [enclosing_entry(detail["loc"]) for detail in details]
    for loc in unfit:
        _take_out(plain, loc)
    try:
        draft = ComputeConfig.model_validate(plain)
    except ValidationError:
        return None, problems, unfit
    unknown = [detail["loc"] for detail in details if detail["type"] == "extra_forbidden"]
    return draft, problems, [loc for loc in unfit if loc not in unknown]


def _with_known_groups(plain: Plain) -> Plain:
    """The values with each worker group that fits in place of its own values.

    Groups that are written alike are one object, in all texts: what follows from a group is known
    again by it.
    """
    groups = plain.get("worker_nodes")
    if not isinstance(groups, list):
        return plain
    known = [_GROUPS.get(repr(group), partial(_group, group)) or group for group in groups]
    return {**plain, "worker_nodes": known}


def _group(values: object) -> WorkerGroup | None:
    try:
        return WorkerGroup.model_validate(values)
    except ValidationError:
        return None


def _take_out(plain: Plain, loc: Loc) -> None:
    holder: object = plain
    for step in loc[:-1]:
        if isinstance(holder, dict) and isinstance(step, str):
            holder = holder.get(step)
        elif isinstance(holder, list) and isinstance(step, int) and step < len(holder):
            holder = holder[step]
    if isinstance(holder, dict) and loc:
        holder.pop(str(loc[-1]), None)


def _not_a_document(value: object) -> Problem:
    if value is None:
        hint = "Start with head_node: and an instance_type."
        return error("", "empty-document", "The configuration is empty.", hint=hint)
    message = f"The configuration must be a mapping of keys to values, not {kind_of(value)}."
    return error("", "not-a-mapping", message)


def _beside_configs(plain: Plain) -> Iterator[Problem]:
    """With `configs`, a node or a limit beside it would belong to no cloud resource."""
    configs = plain.get("configs")
    if configs is None:
        return
    if configs == []:
        message = "`configs` must have at least one compute configuration."
        yield error("configs", "configs-empty", message, hint="Write one for each cloud resource.")
    for key in plain:
        if key in OF_ONE_RESOURCE:
            message = f"`{key}` has no effect next to `configs`."
            hint = "Move it into each of the `configs`."
            yield error(key, "beside-configs", message, hint=hint, fix=removing(key))
