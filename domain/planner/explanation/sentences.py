"""The causes of a plan as sentences for people; nothing else writes them, nothing reads them."""

from collections.abc import Iterable

from domain.demand import Selectors, describe
from domain.planner.explanation.causes import (
    Amounts,
    Choice,
    ChoiceKind,
    DrainCause,
    DrainKind,
    LaunchCause,
    Machine,
    Misfit,
    MisfitKind,
    Purpose,
    PurposeKind,
    Served,
    Source,
    SourceKind,
    Stop,
    StopKind,
    UnservedCause,
)
from domain.wording import price as usd

# A launch names so many shapes that it is for.
MOST_SHAPES = 3
_ONE_UNIT = "a fraction of a {} must fit on a single one"


def launch(cause: LaunchCause) -> str:
    """Return why so many equal machines are launched."""
    kind = _launched(cause)
    if cause.choice is None:
        return f"{kind}: {purpose(cause.purpose)}." if cause.purpose else f"{kind}."
    return f"{kind} for {_served(cause.served)}: {_choice(cause.choice)}."


def _launched(cause: LaunchCause) -> str:
    if cause.hosts == 1:
        return f"{cause.count} × {machine(cause.machine)}"
    count = _slices(cause.count // cause.hosts)
    return f"{count} of {cause.hosts} nodes of {machine(cause.machine)}"


def _slices(count: int) -> str:
    return f"{count} slice{'' if count == 1 else 's'}"


def drain(node: str, cause: DrainCause) -> str:
    """Return why a node goes."""
    match cause.kind:
        case DrainKind.GROUP_REMOVED:
            return f"{node} is removed: the cluster no longer has a group {cause.group}."
        case DrainKind.ABOVE_MAXIMUM:
            return (
                f"{node} is removed ({_state(cause)}): group {cause.group} has {cause.nodes} "
                f"nodes and needs at most {cause.most}."
            )
        case DrainKind.ABOVE_CLUSTER_MAXIMUM:
            return (
                f"{node} is removed ({_state(cause)}): the cluster has {cause.nodes} nodes "
                f"and may have at most {cause.most}."
            )
        case DrainKind.IDLE:
            idle, limit = cause.idle_seconds or 0, cause.idle_limit
            return f"{node} was idle for {idle:.0f} s (limit {limit:g} s)."


def unserved(cause: UnservedCause) -> str:
    """Return why something waits, without a full stop."""
    why = "; ".join(dict.fromkeys(map(stop, cause.stops)))
    if cause.purpose and cause.purpose.kind is PurposeKind.MINIMUM:
        return f"{purpose(cause.purpose)}: {why or 'no machine is available to it'}"
    if not why and cause.misfit:
        why = misfit(cause.misfit)
    if cause.undecided:
        why = "not planned yet, the next pass goes on with it"
    if cause.purpose:
        return f"min_resources: {why}"
    return why if cause.source.kind is SourceKind.WORK else f"{source(cause.source)}: {why}"


def stop(limit: Stop) -> str:
    """Return what stops a machine or its group, as part of a sentence."""
    match limit.kind:
        case StopKind.AUTOSCALING_OFF:
            return f"autoscaling is off and group {limit.group} has its {limit.nodes}"
        case StopKind.GROUP_MAXIMUM:
            return f"group {limit.group} is {stop_of_group(limit)}"
        case StopKind.ON_DEMAND_MAXIMUM:
            return f"spot group {limit.group} {stop_of_group(limit)}"
        case StopKind.GROUP_COOLING | StopKind.UNKNOWN_PRICE | StopKind.UPSCALING_SPEED:
            return f"group {limit.group} {stop_of_group(limit)}"
    return stop_of_group(limit)


def stop_of_group(limit: Stop) -> str:
    """Return the same beside the name of the group, which it leaves out."""
    match limit.kind:
        case StopKind.GROUP_MAXIMUM:
            most = limit.nodes if limit.hosts == 1 else _slices(limit.nodes // limit.hosts)
            return f"at its maximum of {most}"
        case StopKind.AUTOSCALING_OFF:
            return stop(limit)
        case StopKind.ON_DEMAND_MAXIMUM:
            return f"already has its {limit.nodes} on-demand nodes"
        case StopKind.GROUP_COOLING:
            return f"cannot scale out now: {limit.cooling}"
        case StopKind.OFFER_COOLING:
            return f"{machine(limit.machine)}: {limit.cooling}"
        case StopKind.QUOTA:
            return f"the quota for {machine(limit.machine)} is used up"
        case StopKind.UNKNOWN_PRICE:
            return f"has no known price, and the cap is {usd(limit.cap_usd)}/h"
        case StopKind.UPSCALING_SPEED:
            most, speed = limit.nodes, limit.amount
            return f"starts at most {most} nodes at a time (upscaling_speed = {speed:g})"
        case _:
            return _stop_of_cluster(limit)


def _stop_of_cluster(limit: Stop) -> str:
    if limit.kind is StopKind.CLUSTER_MAXIMUM:
        return f"the cluster is at its maximum of {limit.nodes} nodes"
    if limit.kind is StopKind.MAX_RESOURCES:
        return f"max_resources.{limit.resource} = {limit.amount:g} is reached"
    cap = usd(limit.cap_usd)
    more = f"one more {limit.instance_type} would exceed the cap of {cap}/h"
    return f"{more} while {_leaving(limit.nodes)}" if limit.nodes else more


def _leaving(nodes: int) -> str:
    return "1 node is being removed" if nodes == 1 else f"{nodes} nodes are being removed"


def misfit(why: Misfit) -> str:
    """Return why no empty node of any group could take it."""
    match why.kind:
        case MisfitKind.NO_MACHINES:
            return "the cluster has no worker groups"
        case MisfitKind.MISSING_RESOURCES:
            return f"no group has {' or '.join(why.missing)}"
        case MisfitKind.LABELS:
            return f"no group has labels with {_selectors(why)}"
        case MisfitKind.LABELS_ELSEWHERE:
            return f"no group with these resources has labels with {_selectors(why)}"
        case MisfitKind.NOT_WHOLE:
            return "other bundles of the placement group have no place"
        case MisfitKind.UNKNOWN_CONSTRAINT:
            return misfit_of_group(why)
        case MisfitKind.NOT_TOGETHER:
            return "no group has all of these resources on one node"
        case MisfitKind.UNITS:
            return f"no group has a node with enough {_units(why)}: {_ONE_UNIT.format(_unit(why))}"
        case MisfitKind.TOO_LARGE | MisfitKind.FRACTION:
            return misfit_of_group(why)


def misfit_of_group(why: Misfit) -> str:
    """Return why no empty node of one group could take it, beside the name of the group."""
    match why.kind:
        case MisfitKind.NO_MACHINES:
            return "no machine available"
        case MisfitKind.MISSING_RESOURCES:
            return f"no {' or '.join(why.missing)}"
        case MisfitKind.TOO_LARGE:
            return f"the largest node has {_shape(why.largest)}"
        case MisfitKind.LABELS:
            return f"no label {_selectors(why)}"
        case MisfitKind.LABELS_ELSEWHERE:
            return f"these resources are not on nodes with {_selectors(why)}"
        case MisfitKind.NOT_WHOLE:
            return misfit(why)
        case MisfitKind.UNKNOWN_CONSTRAINT:
            return f"the agent reported {_selectors(why)}; update Mobula"
        case MisfitKind.NOT_TOGETHER:
            return "not all resources on one node"
        case MisfitKind.UNITS | MisfitKind.FRACTION:
            return _misfit_of_units(why)


def purpose(item: Purpose) -> str:
    """Return why nodes are kept or rented, as part of a sentence."""
    match item.kind:
        case PurposeKind.MINIMUM:
            least = f"group {item.group} is kept at {item.nodes} or more"
            return f"{least} now: {item.raised.rstrip('.')}" if item.raised else least
        case PurposeKind.MIN_RESOURCES:
            return f"the cluster is kept at {_shape(item.resources).strip('{}')} or more"
        case PurposeKind.STANDING_REQUEST:
            return f"the cluster must fit a standing resource request for {_shape(item.resources)}"
        case PurposeKind.SPARE:
            return f"group {item.group} keeps {item.nodes} spare"


def source(item: Source) -> str:
    """Return where demand comes from."""
    match item.kind:
        case SourceKind.WORK:
            return "tasks, actors"
        case SourceKind.STANDING_REQUEST:
            return "standing request"
        case SourceKind.PLACEMENT_GROUP:
            return f"{item.strategy} placement group"
        case SourceKind.INSIDE_GROUP:
            return f"in placement group {item.group_id}"


def machine(item: Machine | None) -> str:
    """Return a machine's type, its market where it is spot, its zone."""
    if item is None:
        return "a machine"
    words = [item.instance_type, "spot" if item.market == "spot" else ""]
    return " ".join(word for word in [*words, f"in {item.zone}" if item.zone else ""] if word)


def _served(items: Iterable[Served]) -> str:
    largest = list(items)
    words = [
        f"{item.count} × {_shape(item.resources)}"
        + ("" if item.source.kind is SourceKind.WORK else f" of a {source(item.source)}")
        for item in largest[:MOST_SHAPES]
    ]
    if (more := len(largest) - MOST_SHAPES) > 0:
        words.append(f"{more} more shapes")
    return ", ".join(words)


def _choice(choice: Choice) -> str:
    stops = " and ".join(dict.fromkeys(map(stop, choice.stops)))
    if choice.kind is ChoiceKind.NEXT_IN_ORDER:
        return f"the next group that fits, since {stops}"
    why = _compared(choice)
    return f"{why}; {stops}" if stops else why


def _compared(choice: Choice) -> str:
    other = f"{choice.other_nodes} × {machine(choice.other)}"
    prices = f"{usd(choice.usd)} instead of {usd(choice.other_usd)} an hour"
    match choice.kind:
        case ChoiceKind.FIRST_IN_ORDER | ChoiceKind.NEXT_IN_ORDER:
            return "the first group that fits"
        case ChoiceKind.ONLY_ONE:
            return "the only machine that fits"
        case ChoiceKind.USUAL_PRICE:
            return f"instead of {other}, based on typical prices of such machines"
        case ChoiceKind.CHEAPER:
            return f"cheaper than {other} ({prices})"
        case ChoiceKind.SAME_PRICE:
            return f"at the price of {other} ({usd(choice.usd)} an hour)"
        case ChoiceKind.CHEAPEST_MIX:
            return "the cheapest mix for all pending work"
        case ChoiceKind.BEST_MIX:
            return f"the best mix for all pending work by the objective {choice.objective}"
        case ChoiceKind.BETTER:
            return f"better than {other} by the objective {choice.objective} ({prices})"


def _state(cause: DrainCause) -> str:
    if cause.is_pending:
        return "not ready yet"
    if cause.idle_seconds:
        return f"idle for {cause.idle_seconds:.0f} s"
    return f"up for {cause.age_seconds:.0f} s"


def _shape(resources: Amounts) -> str:
    return describe(dict(resources))


def _misfit_of_units(why: Misfit) -> str:
    if why.kind is MisfitKind.FRACTION:
        return f"Ray schedules more than 1 {_unit(why)} in whole numbers only"
    return f"not enough {_units(why)} on one node: {_ONE_UNIT.format(_unit(why))}"


def _unit(why: Misfit) -> str:
    return " or ".join(why.missing)


def _units(why: Misfit) -> str:
    return " or ".join("GPUs" if name == "GPU" else name for name in why.missing)


def _selectors(why: Misfit) -> str:
    return or_else(why.selectors, why.fallbacks)


def or_else(selectors: Selectors, fallbacks: Iterable[Selectors]) -> str:
    """Return which nodes work accepts: "zone in (a), else zone in (b)"."""
    alternatives = (selectors, *fallbacks)
    return ", else ".join(
        " and ".join(selector.words for selector in each) or "any node" for each in alternatives
    )
