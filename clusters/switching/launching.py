"""Launch the cluster that is to take another's place."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from django.utils.timezone import now

from accounts.errors import ServiceError
from clusters.following.switching import move_switch
from clusters.models import Switch
from clusters.room.capacity import check_capacity
from clusters.room.quota import check_quota
from clusters.services.launching import launch_replacement
from clusters.switching.starting import fail
from configurations.launch_checks import Launchable, launchable
from domain.failures import brief
from domain.promotions.checks import Verdict
from domain.promotions.switches import LONGEST_DRAIN, LONGEST_START, SwitchState
from promotions.environments import newest, overlay_of
from promotions.models import Rollout
from providers.base import ProviderError

log = logging.getLogger(__name__)

# The longest that a paused request keeps a new cluster from its own idle timer.
HOLD = LONGEST_DRAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What a launch needs, why there can be none, or why it must be tried again."""

    ready: Launchable | None = None
    refusal: str = ""
    delay: str = ""


def prepare(switch_id: int) -> Prepared | None:
    """Return what the launch of a wanted cluster needs; None for a switch that needs none now.

    This asks the driver, so it is called outside of transactions.
    """
    rows = Switch.objects.select_related(
        *("request__environment", "request__version__template__team", "request__team"),
        *("request__settings", "old__settings"),
    )
    wanted = rows.filter(state=SwitchState.WANTED, request__paused_at=None)
    switch = wanted.filter(pk=switch_id).first()
    if switch is None:
        return None
    try:
        ready = launchable(
            switch.request.version,
            environment=switch.old.environment,
            overlay=overlay_of(newest(switch.old.settings, switch.request.settings)),
        )
        answers = [check(switch.request) for check in (check_capacity, check_quota)]
    except ServiceError as refusal:
        return Prepared(refusal=" ".join(refusal.messages))
    except ProviderError as error:
        log.info("switch waits", extra={"switch": switch_id, "why": str(error)})
        text = brief(str(error))
        return Prepared(delay=text) if error.retryable else Prepared(refusal=text)
    # A quota may have room again before the switch is given up.
    full = [answer.summary for answer in answers if answer.verdict == Verdict.FAILED]
    return Prepared(delay=" ".join(full)) if full else Prepared(ready=ready)


def launch(switch: Switch, prepared: Prepared | None) -> None:
    """Launch the new cluster unless the request is paused; note it on the switch."""
    if prepared is None or switch.request.paused_at:
        return
    if prepared.refusal:
        fail(switch, f"No new cluster was launched: {prepared.refusal}")
    elif prepared.ready is not None:
        _launch(switch, prepared.ready)
    elif switch.created_at < now() - LONGEST_START:
        fail(switch, f"No new cluster was launched: {prepared.delay}")
    else:
        detail = f"A new cluster will be launched beside it. {prepared.delay}"
        Switch.objects.filter(pk=switch.pk).update(detail=detail[:500])


def _launch(switch: Switch, ready: Launchable) -> None:
    try:
        new = launch_replacement(ready, switch=switch, hold_until=now() + HOLD)
    except ServiceError as refusal:
        fail(switch, f"No new cluster was launched: {' '.join(refusal.messages)}")
        return
    move_switch(switch, SwitchState.STARTING, detail=f"Starting {new} beside it.", new=new)
    Rollout.objects.filter(request=switch.request_id, cluster_id=switch.old_id).update(
        beside_id=new.pk, beside_name=new.name, beside_detail="Starts."
    )
