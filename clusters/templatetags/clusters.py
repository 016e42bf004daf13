"""What pages of other apps show of clusters: `{% load clusters %}`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template

from clouds.models import Cloud
from clusters.notices.shown import QueueState, state_of, unreadable
from clusters.orphans.shown import DailyCost, cost_of, left
from clusters.switching.queries import costs_beside
from promotions.models import ChangeRequest

register = template.Library()


@register.inclusion_tag("clusters/costs_beside.html")
def costs_of_switch(change: ChangeRequest) -> dict[str, Any]:
    """Say which clusters get a new one beside them, and what that costs while both run."""
    return {"change": change, "costs": costs_beside(change)}


@register.simple_tag
def orphans_left() -> DailyCost:
    """Return how many orphaned resources there are, and what they cost a day."""
    return cost_of(left())


@register.inclusion_tag("clusters/notice_queue.html")
def notice_queue(cloud: Cloud) -> dict[str, Any]:
    """Say whether the queue of a cloud's interruptions is read, and what is wrong with it."""
    return {"queue": state_of(cloud)}


@register.simple_tag
def unreadable_queues() -> Sequence[QueueState]:
    """Return the clouds whose queue of interruptions has not been readable for some time."""
    return unreadable()
