from __future__ import annotations

import logging

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.utils.timezone import now
from kombu.exceptions import OperationalError

from images.building import environments, run, sweep
from images.registries import watching

log = logging.getLogger(__name__)
# After a build's own limit, to end it and to tell why.
_MARGIN_SECONDS = 300


@shared_task  # type: ignore[untyped-decorator]
def sweep_builds() -> None:
    """End builds whose worker is gone, and ask for those that wait: a message may get lost."""
    sweep.end_lost()
    for build_id in sweep.waiting():
        run_build.apply_async((build_id,), expires=10)


# It asks for a minute; what it leaves is due again ten minutes later.
@shared_task(soft_time_limit=90, time_limit=100)  # type: ignore[untyped-decorator]
def watch_tags() -> None:
    """Ask registries where the tags of versions point, each once a day."""
    watching.look_at_tags(moment=now())


@shared_task  # type: ignore[untyped-decorator]
def collect_environments() -> None:
    """Remove virtual environments of this host that no version names."""
    environments.collect_environments()


# Acknowledged at once: a build that its worker left is ended by the sweep, and never begun twice.
@shared_task(
    acks_late=False,
    time_limit=settings.BUILD_SECONDS + 2 * _MARGIN_SECONDS,
    soft_time_limit=settings.BUILD_SECONDS + _MARGIN_SECONDS,
)  # type: ignore[untyped-decorator]
def run_build(build_id: int) -> None:
    run.run_build(build_id)


def ask_on_commit(build_id: int) -> None:
    """Have a worker take the build once the transaction is through."""
    transaction.on_commit(lambda: _ask(build_id))


def _ask(build_id: int) -> None:
    try:
        run_build.apply_async((build_id,), expires=10, retry=False)
    except (OperationalError, OSError) as error:
        # It is queued in the database: the next sweep finds it.
        log.warning("broker unavailable", extra={"build": build_id, "why": str(error)})
