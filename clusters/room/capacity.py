"""Whether the cloud has had such machines lately, or this machine the size for them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

import psutil
from django.utils.timezone import now

from accounts.errors import ServiceError
from clusters.models import Group
from clusters.room.candidate import LATELY, Candidate, candidate_of, clock, facts_of, in_words
from clusters.scaling.cooldowns import place_of
from domain.cooldowns import FailureClass, named
from domain.wording import number
from promotions.checks import Answer
from promotions.checks.answer import failed, passed, skipped, warning
from promotions.models import ChangeRequest

GIB = 2**30
NOT_LAUNCHABLE = "It cannot be launched: see the check Configuration."


def check_capacity(request: ChangeRequest) -> Answer:
    """Say what launches of such machines came to in the last 24 hours."""
    try:
        candidate = candidate_of(request)
    except ServiceError:
        return skipped(NOT_LAUNCHABLE)
    if candidate.traits.is_this_machine:
        return _of_this_machine(candidate)
    return _of_cloud(candidate)


def _of_cloud(candidate: Candidate) -> Answer:
    rows = candidate.failures(FailureClass.CAPACITY)
    launched = candidate.launches().count()
    facts = {
        "machines": sorted(candidate.types),
        "launched": launched,
        "failures": [facts_of(row) for row in rows],
    }
    for row in rows:
        # A zone that has none is no reason to wait: others are tried.
        is_needed = candidate.needs(instance_type=row.instance_type, market=row.market)
        if row.until > now() and not row.zone and is_needed:
            return failed(
                f"{candidate.cloud} has no {named(place_of(row))}, which the cluster needs at its "
                f"minimum; Mobula tries again at {clock(row.until)} ({in_words(row)}).",
                **facts,
            )
    if rows:
        places = ", ".join(dict.fromkeys(named(place_of(row)) for row in rows))
        return warning(
            f"{candidate.cloud} could not launch {places} {LATELY}: {in_words(rows[0])}.", **facts
        )
    if not launched:
        return skipped(f"Mobula launched none of these machines {LATELY}.", **facts)
    nodes = "1 node was" if launched == 1 else f"{launched} nodes were"
    return passed(f"{nodes} launched on such machines {LATELY}, and none failed.", **facts)


def _of_this_machine(candidate: Candidate) -> Answer:
    """Compare what nodes declare with what the machine has: Ray counts, nothing reserves."""
    cpus, gib = float(os.cpu_count() or 1), psutil.virtual_memory().total / GIB
    least = _size(candidate.groups, lambda group: group.min_nodes)
    most = _size(candidate.groups, lambda group: group.max_nodes)
    others = [node.hardware for node in candidate.running().select_related("group")]
    beside = (
        sum(each.vcpus for each in others),
        sum(each.memory_bytes for each in others) / GIB,
    )
    facts = {
        "machine": _plain((cpus, gib)),
        "minimum": _plain(least),
        "maximum": _plain(most),
        "running": _plain(beside),
    }
    has = f"this machine has {_words((cpus, gib))}"
    if least[0] > cpus or least[1] > gib:
        return warning(
            f"At its minimum the cluster declares {_words(least)}, and {has}: its nodes share "
            f"them, and are slower or run out of memory.",
            **facts,
        )
    if least[0] + beside[0] > cpus or least[1] + beside[1] > gib:
        return warning(
            f"At its minimum the cluster declares {_words(least)} beside the {_words(beside)} of "
            f"nodes that run, and {has}.",
            **facts,
        )
    return passed(
        f"At its minimum the cluster declares {_words(least)}, at its maximum {_words(most)}; "
        f"{has}.",
        **facts,
    )


def _size(groups: Iterable[Group], count: Callable[[Group], int]) -> tuple[float, float]:
    """Return the CPUs and GiB of so many nodes of each group."""
    each = [(count(group), group) for group in groups]
    return (
        sum(nodes * group.vcpus for nodes, group in each),
        sum(nodes * group.memory_bytes for nodes, group in each) / GIB,
    )


def _plain(size: tuple[float, float]) -> dict[str, float]:
    return {"cpus": round(size[0], 2), "gib": round(size[1], 2)}


def _words(size: tuple[float, float]) -> str:
    cpus, gib = size
    return f"{number(cpus)} CPU{'' if cpus == 1 else 's'} and {number(round(gib, 1))} GiB"
