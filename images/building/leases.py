"""One worker at a time has a build: a lease with a token and an expiry."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Team
from domain.images.states import BuildState
from images.models import Build
from images.registries.build_places import ELSEWHERE, builder_of
from images.transitions import move_build

LEASE = timedelta(seconds=90)
_BUSY = (BuildState.RUNNING, BuildState.PUSHING)
# So long after its own limit, a build elsewhere is taken up again; then it is ended.
_GRACE = timedelta(hours=1)


def left_elsewhere() -> Q:
    """Return which builds go on at a service elsewhere though their worker is gone."""
    began = Now() - timedelta(seconds=settings.BUILD_SECONDS) - _GRACE
    lost = Q(lease_expires_at__lt=Now()) | Q(lease_expires_at=None)
    known = Q(state__in=_BUSY, builder__in=ELSEWHERE, started_at__gt=began) & ~Q(remote="")
    return known & lost


@transaction.atomic
def take(build_id: int) -> Build | None:
    """Return the build, now of this worker; None where nobody waits for it, or its team has enough.

    It was queued, or it goes on elsewhere and its worker is gone. A team has at most
    BUILDS_PER_TEAM builds at once; the others wait in the order of asking.
    """
    team_id = (
        Build.objects.filter(pk=build_id).values_list("version__image__team_id", flat=True).first()
    )
    # Whoever takes another build of the team waits here.
    list(Team.objects.select_for_update().filter(pk__in=[team_id] if team_id else []))
    build = (
        Build.objects.select_for_update(of=("self",))
        .select_related("version__image__team", "version__registry", "asked_by")
        .filter(Q(state=BuildState.QUEUED) | left_elsewhere(), pk=build_id)
        .first()
    )
    if build is None:
        return None
    if build.state != BuildState.QUEUED:
        build.lease_token = uuid.uuid4()
        build.save(update_fields=["lease_token"])
        renew(build)
        return build
    busy = Build.objects.filter(version__image__team=team_id, state__in=_BUSY).count()
    if busy >= settings.BUILDS_PER_TEAM:
        return None
    move_build(
        build, BuildState.RUNNING, lease_token=uuid.uuid4(), builder=builder_of(build.version)
    )
    renew(build)
    return build


def renew(build: Build) -> bool:
    """Extend the lease of the build by the database's clock; False: it is somebody else's."""
    held = Build.objects.filter(pk=build.pk, lease_token=build.lease_token)
    return bool(held.update(lease_expires_at=Now() + LEASE))
