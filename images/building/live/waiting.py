"""Why a build waits: for other builds of its team, or because no worker takes builds."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.utils.timezone import now

from domain.images.states import OPEN_BUILD_STATES, BuildState
from images.models import Build

# A worker that is free takes a build with the next sweep, every five seconds.
_SUSPICIOUS = timedelta(seconds=20)


def waits_for(build: Build) -> str:
    """Return why a queued build has not begun, with the way out; "" while that is usual."""
    waited = now() - build.asked_at
    if build.state != BuildState.QUEUED or waited < _SUSPICIOUS:
        return ""
    running = Build.objects.filter(state__in=sorted(OPEN_BUILD_STATES - {BuildState.QUEUED}))
    of_team = running.filter(version__image__team=build.version.image.team_id).count()
    if of_team:
        return (
            f"It waits for other builds: {of_team} of this team's builds run now, and at most "
            f"{settings.BUILDS_PER_TEAM} run together."
        )
    if running.exists():
        return "It waits for other builds: the build workers are busy with builds of other teams."
    minutes = int(waited.total_seconds() // 60)
    since = f"{minutes} min" if minutes else "less than a minute"
    return (
        f"No build worker has taken it for {since}. mobula up starts one. With workers of your "
        "own, start one on the host that builds: celery -A mobula worker --queues builds."
    )
