"""Why the plan is as it is, in sentences for users."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from domain.demand import LabelSelector, Resources, describe
from domain.planner.amounts import plain
from domain.planner.limits import floor
from domain.planner.model import Group, Launch, Unserved
from domain.planner.packing import Need, Opened, Packing


def launches(opened: Iterable[Opened]) -> list[Launch]:
    """Return one launch for each stretch of new nodes that were opened for the same thing."""
    return [
        _launch(
            stretch[0],
            count=sum(opened.count for opened in stretch),
            served=sum(opened.served for opened in stretch),
        )
        for stretch in (list(same) for _, same in groupby(opened, key=_purpose))
    ]


def _purpose(opened: Opened) -> tuple[object, ...]:
    need = opened.need
    return opened.group.name, tuple(sorted(need.amounts.items())), need.whose, opened.passed_over


def _launch(opened: Opened, *, count: int, served: int) -> Launch:
    group, need = opened.group, opened.need
    why = "the first group that fits"
    if opened.passed_over:
        why = f"the next group that fits, since {' and '.join(opened.passed_over)}"
    shape = describe(plain(need.amounts)) + (f" {need.whose}" if need.whose else "")
    return Launch(
        group=group.name,
        count=count,
        reason=f"{count} × {group.instance_type} for {served} × {shape}: {why}.",
    )


def minimum_launch(group: Group, *, count: int) -> Launch:
    """Return the launch that brings `group` up to the nodes it is kept at."""
    reason = (
        f"{count} × {group.instance_type}: group {group.name} is kept at {floor(group)} or more."
    )
    return Launch(group=group.name, count=count, reason=reason)


def minimum_missed(group: Group, *, count: int, stop: str) -> Unserved:
    """Return the nodes that `group` lacks to its minimum."""
    reason = f"group {group.name} is kept at {floor(group)} or more: {stop}"
    return Unserved(resources=group.resources, count=count, reason=reason)


def resource_launch(group: Group, *, count: int, least: Resources) -> Launch:
    """Return the launch that brings the cluster up to its minimum of one resource."""
    reason = f"{count} × {group.instance_type}: the cluster is kept at {_bare(least)} or more."
    return Launch(group=group.name, count=count, reason=reason)


def resource_missed(missing: Resources, *, stops: Sequence[str]) -> Unserved:
    """Return what the cluster lacks to its minimum of one resource."""
    why = "; ".join(stops) or f"no group has {' or '.join(missing)}"
    return Unserved(resources=missing, count=1, reason=f"min_resources: {why}")


def unserved(need: Need, *, left: int, stops: Sequence[str], packing: Packing) -> Unserved:
    """Return what of `need` was not placed, with what stopped each group that fits."""
    reason = "; ".join(stops) or _misfit(need, packing)
    if need.whose:
        reason = f"{need.whose.removeprefix('of a ')}: {reason}"
    return Unserved(resources=plain(need.amounts), count=left, reason=reason)


def gang_missed(needs: Sequence[Need], *, missed: Unserved) -> list[Unserved]:
    """Return all bundles of a placement group, with the reason why one of them has no place."""
    return [
        Unserved(resources=plain(need.amounts), count=need.count, reason=missed.reason)
        for need in needs
    ]


def merged(items: Iterable[Unserved]) -> tuple[Unserved, ...]:
    """Return the same with one entry for each shape and reason."""
    counts: dict[tuple[tuple[tuple[str, float], ...], str], int] = {}
    for item in items:
        key = tuple(sorted(item.resources.items())), item.reason
        counts[key] = counts.get(key, 0) + item.count
    return tuple(
        Unserved(resources=dict(resources), count=count, reason=reason)
        for (resources, reason), count in counts.items()
    )


def _misfit(need: Need, packing: Packing) -> str:
    """Say why no empty node of any group could take one of `need`."""
    if not packing.groups:
        return "the cluster has no worker groups"
    most: dict[str, int] = {}
    for brings in packing.brings.values():
        most |= {name: max(amount, most.get(name, 0)) for name, amount in brings.items()}
    if missing := sorted(need.amounts.keys() - most.keys()):
        return f"no group has {' or '.join(missing)}"
    if large := sorted(name for name in need.amounts if need.amounts[name] > most[name]):
        return f"the largest node has {describe(plain({name: most[name] for name in large}))}"
    if not any(need.accepts(group.labels) for group in packing.groups):
        return f"no group has labels with {' and '.join(map(_selector, need.selectors))}"
    return "no group has all of it on one node"


def _selector(selector: LabelSelector) -> str:
    return f"{selector.key} {selector.operator} ({', '.join(selector.values)})"


def _bare(resources: Resources) -> str:
    return describe(resources).strip("{}")
