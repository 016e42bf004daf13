"""Take switches forward: level-triggered, so a step may come twice, late, or be killed.

Each call looks at one switch in one transaction, with its row and its request's locked, and takes
the next step. What a step writes on the switch, its clusters and its request's page is written
together or not at all.
"""

from __future__ import annotations

from django.db import transaction

from clusters.models import Switch
from clusters.switching.draining import drain_old
from clusters.switching.launching import Prepared, launch, prepare
from clusters.switching.starting import give_up_unwanted, watch_start
from domain.promotions.switches import OPEN_SWITCH_STATES, SwitchState

MOST_DUE = 200


def due() -> list[int]:
    """Return the ids of the switches that have not ended."""
    rows = Switch.objects.filter(state__in=OPEN_SWITCH_STATES).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:MOST_DUE])


def advance(switch_id: int) -> None:
    """Take the switch a step forward."""
    prepared = prepare(switch_id)
    with transaction.atomic():
        switch = _locked(switch_id)
        if switch is not None:  # else another worker has it, or it has ended
            _step(switch, prepared)


def _locked(switch_id: int) -> Switch | None:
    # Whoever pauses or rolls back holds the request: this waits for nobody.
    rows = Switch.objects.select_for_update(of=("self", "request"), skip_locked=True)
    of_switch = ("request__environment", "request__version__template__team", "request__settings")
    of_old = ("old__team", "old__owner", "old__cloud", "old__run", "old__version__template")
    rows = rows.select_related(*of_switch, *of_old, "old__settings", "new__run", "new__team")
    return rows.filter(pk=switch_id, state__in=OPEN_SWITCH_STATES).first()


def _step(switch: Switch, prepared: Prepared | None) -> None:
    if switch.state == SwitchState.SWITCHED:
        drain_old(switch)
    elif give_up_unwanted(switch):
        return
    elif switch.state == SwitchState.WANTED:
        launch(switch, prepared)
    elif switch.new is not None:  # the database says so of all that start
        watch_start(switch, switch.new)
