"""Ask registries once a day where the tags of versions point; nodes pull by digest all the same."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Min, Q, QuerySet

from accounts.models import Team
from domain.images.states import LAUNCHABLE_IMAGE_STATES, ImageSource
from domain.images.uri import WrongImageUri, read_uri
from images.models import ImageVersion
from images.registries.asking import client_for, registry_at
from providers.errors import ProviderError

log = logging.getLogger(__name__)

EVERY = timedelta(days=1)
AGAIN_AFTER = timedelta(hours=1)  # where the registry did not say
MOST_PLACES = 200  # of one pass
SECONDS = 60.0  # of one pass; a look takes at most 10 more
_MOST_TROUBLE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A tag in a registry, and the team whose credentials ask for it; None: those of all teams."""

    location: str
    team_id: int | None


def watched() -> QuerySet[ImageVersion]:
    """Return the registered versions that are pinned to a digest, whose tag may move."""
    rows = ImageVersion.objects.filter(
        source=ImageSource.REGISTERED,
        state__in=sorted(LAUNCHABLE_IMAGE_STATES),
        image__archived_at=None,
    )
    # A path is on this host; what is named by digest cannot move.
    return rows.exclude(Q(digest="") | Q(location__startswith="/") | Q(location__contains="@"))


def look_at_tags(
    *, moment: datetime, clock: Callable[[], float] = time.monotonic
) -> tuple[int, int]:
    """Look where the tags point that were not looked at for a day; return how many told, and not.

    It takes about a minute at most. What a registry does not tell is asked again after an hour,
    and a registry that did not answer is not asked for its other tags in this pass.
    """
    until = clock() + SECONDS
    silent: dict[str, str] = {}  # what came of it, by host
    told = untold = 0
    teams = Team.objects.in_bulk()
    for place in due(moment):
        if clock() > until:
            break
        trouble = _look(place, teams.get(place.team_id or 0), silent, moment=moment)
        told, untold = told + (not trouble), untold + bool(trouble)
    log.info("tags looked at", extra={"told": told, "untold": untold})
    return told, untold


def due(moment: datetime) -> Iterator[Place]:
    """Yield the tags that are to be looked at, those first that were not for the longest time."""
    late = Q(tag_asked_at=None) | Q(tag_asked_at__lte=moment - EVERY)
    late |= ~Q(tag_trouble="") & Q(tag_asked_at__lte=moment - AGAIN_AFTER)
    rows = watched().filter(late).order_by().values("location", "image__team")
    oldest = rows.annotate(at=Min("tag_asked_at")).order_by(F("at").asc(nulls_first=True))
    for row in oldest[:MOST_PLACES]:
        yield Place(location=row["location"], team_id=row["image__team"])


def _look(place: Place, team: Team | None, silent: dict[str, str], *, moment: datetime) -> str:
    """Note where one tag points; return why that is not known, "" where it is."""
    try:
        uri = read_uri(place.location)
        if trouble := silent.get(uri.host, ""):
            return _note(place, trouble, moment=moment)
        client = client_for(uri, registry=registry_at(uri.host, team=team))
        digest = client.digest_of(uri.reference)
    except WrongImageUri as error:
        return _note(place, str(error), moment=moment)
    except ProviderError as error:
        if error.retryable:
            silent[uri.host] = str(error)
        return _note(place, str(error), moment=moment)
    _rows(place).update(tag_digest=digest, tag_seen_at=moment, tag_asked_at=moment, tag_trouble="")
    return ""


def _note(place: Place, trouble: str, *, moment: datetime) -> str:
    # Where it pointed at the last look stays, with that look's time.
    _rows(place).update(tag_asked_at=moment, tag_trouble=trouble[:_MOST_TROUBLE])
    return trouble


def _rows(place: Place) -> QuerySet[ImageVersion]:
    return watched().filter(location=place.location, image__team=place.team_id)
