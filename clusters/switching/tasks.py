from celery import shared_task

from clusters.switching import loop


@shared_task  # type: ignore[untyped-decorator]
def sweep() -> None:
    """Ask for every switch that has not ended: a lost message costs seconds, not a switch."""
    for switch_id in loop.due():
        advance_switch.apply_async((switch_id,), expires=5)


@shared_task  # type: ignore[untyped-decorator]
def advance_switch(switch_id: int) -> None:
    loop.advance(switch_id)
