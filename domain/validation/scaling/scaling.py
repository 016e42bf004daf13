"""Checks of schedules, rules and budgets, and of whether they can have an effect."""

from collections.abc import Iterator, Mapping, Sequence

from domain.configuration.spec import (
    Budget,
    ComputeConfig,
    ConsolidationMode,
    ForecastMode,
    Rule,
    Schedule,
    WorkerGroup,
)
from domain.problems import (
    Problem,
    did_you_mean,
    error,
    nearest,
    note,
    removing,
    setting,
    shown,
    warning,
)
from domain.quantities import part_of
from domain.strategies.expression import BadExpression, ExpressionError, check
from domain.validation.scaling.windows import names_a_time, window_problems

_AT = "mobula.scaling"
MOST_ENTRIES = 200
"""Every look at a cluster reads each of its schedules and rules."""

type Groups = Mapping[str, WorkerGroup]


def scaling_problems(config: ComputeConfig) -> Iterator[Problem]:
    """What is wrong with the block `scaling`; its groups may be those of any cloud resource."""
    groups = groups_of(config)
    scaling = config.mobula.scaling
    for name in ("schedules", "rules", "budgets"):
        yield from _many(getattr(scaling, name), name)
    for index, one in enumerate(scaling.schedules[:MOST_ENTRIES]):
        yield from _schedule(one, f"{_AT}.schedules[{index}]", groups)
    for index, rule in enumerate(scaling.rules[:MOST_ENTRIES]):
        yield from _rule(rule, f"{_AT}.rules[{index}]", groups)
    for index, budget in enumerate(scaling.budgets[:MOST_ENTRIES]):
        yield from _budget(budget, f"{_AT}.budgets[{index}]")
    yield from _while_off(config)


def _many(entries: Sequence[object], name: str) -> Iterator[Problem]:
    if len(entries) > MOST_ENTRIES:
        message = f"There are {len(entries):,} {name}; at most {MOST_ENTRIES} apply."
        hint = f"Combine some of them, or remove all after the first {MOST_ENTRIES}."
        yield error(f"{_AT}.{name}", "many-entries", message, hint=hint)


def groups_of(config: ComputeConfig) -> Groups:
    """The groups of all cloud resources by name; of one name, the one that may grow the most."""
    found: dict[str, WorkerGroup] = {}
    for one in config.resource_configs:
        for group in one.groups:
            if group.name not in found or found[group.name].max_nodes < group.max_nodes:
                found[group.name] = group
    return found


def _schedule(one: Schedule, path: str, groups: Groups) -> Iterator[Problem]:
    yield from _group(one.group, path, groups)
    yield from window_problems(one, path)
    if (group := groups.get(one.group)) is None:
        return
    at = f"{path}.min_nodes"
    if one.min_nodes > group.max_nodes:
        name, most = shown(group.name), group.max_nodes
        message = f"The group {name} has at most {most} nodes, not {one.min_nodes}."
        hint = f"Lower it to {most}, or raise `max_nodes` of the group."
        yield error(at, "schedule-above-maximum", message, hint=hint, fix=setting(at, most))
    elif one.min_nodes <= group.min_nodes:
        message = f"The group {shown(group.name)} already has a minimum of {group.min_nodes} nodes."
        hint = f"Set more than {group.min_nodes}, or remove the schedule."
        yield note(at, "schedule-without-effect", message, hint=hint)


def _group(name: str, path: str, groups: Groups) -> Iterator[Problem]:
    if name in groups:
        return
    at, near = f"{path}.group", nearest(name, groups)
    message = f"There is no group {shown(name)}." if name else "No group is set."
    hint = did_you_mean(name, groups) or f"Groups: {', '.join(groups) or 'none'}."
    fix = setting(at, near) if near else None
    yield error(at, "scaling-unknown-group", message, hint=hint, fix=fix)


def _rule(rule: Rule, path: str, groups: Groups) -> Iterator[Problem]:
    yield from _group(rule.group, path, groups)
    at = f"{path}.expression"
    try:
        check(rule.expression)
    except BadExpression as why:
        hint = "A rule is one line of CEL, such as queue > 10 ? 4 : 0."
        yield error(at, "bad-expression", str(why), hint=hint)
    except ExpressionError as why:
        hint = "Evaluated with 4 pending tasks and 3 nodes; see the page on scaling."
        yield warning(at, "expression-fails", str(why), hint=hint)


def _budget(budget: Budget, path: str) -> Iterator[Problem]:
    if names_a_time(budget):
        yield from window_problems(budget, path)
    elif part_of(budget.nodes, 100) == 0 and not budget.reasons:
        message = "No node can ever be drained, not even an idle one."
        hint = "Allow some nodes, list reasons, or set a window."
        yield warning(f"{path}.nodes", "budget-never-open", message, hint=hint)


def _while_off(config: ComputeConfig) -> Iterator[Problem]:
    scaling = config.mobula.scaling
    used = [name for name in ("schedules", "rules") if getattr(scaling, name)]
    if scaling.forecast.mode is ForecastMode.FORECAST_AND_SCALE:
        used.append("forecast")
    if scaling.consolidation is ConsolidationMode.ACT:
        used.append("consolidation")
    if used and not config.mobula.autoscaling:
        at, message = f"{_AT}.{used[0]}", "Autoscaling is off: every group keeps its size."
        hint = f"Turn autoscaling on, or remove {' and '.join(used)}."
        yield warning(at, "scaling-while-off", message, hint=hint, fix=removing(at))
