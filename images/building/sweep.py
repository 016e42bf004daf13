"""Builds that wait, and builds whose worker is gone: none of them is open for ever."""

from __future__ import annotations

import logging
import shutil
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from domain.images.states import OPEN_BUILD_STATES, BuildState
from images.building.builders import builder_for
from images.building.context import folder_of
from images.building.ending import end_without_image
from images.building.leases import left_elsewhere
from images.building.run import name_of
from images.models import Build
from images.transitions import ImageMoved
from providers.builders.base import BuildError
from providers.errors import ProviderError

log = logging.getLogger(__name__)
LOST = "The worker that built it stopped. Build it again."
NOBODY = (
    "No worker took it within an hour. Start one that takes builds: "
    "celery -A mobula worker --queues builds."
)
_LONGEST_WAIT = timedelta(hours=1)
_MOST_AT_ONCE = 50


def waiting() -> list[int]:
    """Return the builds that wait for a worker, or for another one, the oldest first."""
    rows = Build.objects.filter(Q(state=BuildState.QUEUED) | left_elsewhere()).order_by("asked_at")
    return list(rows.values_list("pk", flat=True)[:_MOST_AT_ONCE])


def end_lost() -> int:
    """End the builds whose lease ran out, remove what they left, and return how many there were."""
    rows = Build.objects.select_related("version__image", "version__registry", "canceled_by")
    rows = rows.exclude(left_elsewhere()).filter(
        Q(state__in=sorted(OPEN_BUILD_STATES - {BuildState.QUEUED}))
        & (Q(lease_expires_at__lt=Now()) | Q(lease_expires_at=None))
        | Q(state=BuildState.QUEUED, asked_at__lt=Now() - _LONGEST_WAIT) & ~_team_is_busy()
    )
    ended = 0
    for build in rows[:_MOST_AT_ONCE]:
        ended += _end(build)
    return ended


def _team_is_busy() -> Q:
    busy = Build.objects.filter(state__in=sorted(OPEN_BUILD_STATES - {BuildState.QUEUED}))
    teams = busy.exclude(version__image__team=None).values("version__image__team")
    return Q(version__image__team__in=teams)


def _end(build: Build) -> bool:
    was_queued = build.state == BuildState.QUEUED
    canceled = build.cancel_asked_at is not None
    try:
        with transaction.atomic():
            if canceled:
                reason = f"{build.canceled_by} canceled it."
                end_without_image(build, BuildState.CANCELED, reason=reason)
            else:
                reason = NOBODY if was_queued else LOST
                end_without_image(build, BuildState.FAILED, reason=reason)
    except ImageMoved:
        return False
    if not was_queued:
        _clean(build)
        shutil.rmtree(folder_of(name_of(build)), ignore_errors=True)
    return True


def _clean(build: Build) -> None:
    try:
        builder_for(build.version).clean(name_of(build))
    except (BuildError, ProviderError) as error:
        # It ends there by its own timeout.
        log.warning("build not cleaned", extra={"build": build.pk, "why": str(error)})
