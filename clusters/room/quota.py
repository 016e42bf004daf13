"""Whether the cloud refused machines for the account's quota lately."""

from __future__ import annotations

from django.utils.timezone import now

from accounts.errors import ServiceError
from clusters.room.candidate import LATELY, candidate_of, clock, facts_of, in_words
from clusters.room.capacity import NOT_LAUNCHABLE
from clusters.scaling.cooldowns import place_of
from domain.cooldowns import FailureClass, named
from promotions.checks import Answer
from promotions.checks.answer import failed, passed, skipped, warning
from promotions.models import ChangeRequest


def check_quota(request: ChangeRequest) -> Answer:
    """Say whether a quota was used up in the last 24 hours, and what the cluster adds to it."""
    try:
        candidate = candidate_of(request)
    except ServiceError:
        return skipped(NOT_LAUNCHABLE)
    if candidate.traits.is_this_machine:
        return passed("Nodes are processes of this machine, which has no quota.")
    rows = candidate.failures(FailureClass.QUOTA)
    launched = candidate.launches(types=False).count()
    running = candidate.running().count()
    adds = (
        sum(group.min_nodes for group in candidate.groups),
        sum(group.max_nodes for group in candidate.groups),
    )
    facts = {
        "launched": launched,
        "running": running,
        "minimum": adds[0],
        "maximum": adds[1],
        "failures": [facts_of(row) for row in rows],
    }
    for row in rows:
        is_needed = candidate.needs(instance_type=row.instance_type, market=row.market)
        if row.until > now() and is_needed:
            return failed(
                f"The quota of {candidate.cloud} is used up for {named(place_of(row))}, which the "
                f"cluster needs; Mobula tries again at {clock(row.until)} ({in_words(row)}).",
                **facts,
            )
    if rows:
        return warning(
            f"The quota of {candidate.cloud} was used up {LATELY}: {in_words(rows[0])}.", **facts
        )
    if not launched:
        return skipped(
            f"Mobula launched nothing on {candidate.cloud} {LATELY}, and clouds do not tell what "
            f"is left of a quota.",
            **facts,
        )
    return passed(
        f"{candidate.cloud} refused no node for its quota {LATELY}. {running} run there now; the "
        f"cluster adds {adds[0]} to {adds[1]}.",
        **facts,
    )
