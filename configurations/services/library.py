"""Make templates of the team's own from those of the library."""

from __future__ import annotations

from itertools import count

from django.db import transaction

from accounts.models import Team, User
from configurations.library_offers import LibraryOffer
from configurations.models import Template, Version
from configurations.queries import launchable_versions
from configurations.services.templates import create_template


@transaction.atomic
def template_from_library(offer: LibraryOffer, *, team: Team, by: User) -> Version:
    """Return version 1 of a new template that says what the offer says.

    A template that was made from the same offer before, as by a second click, is used again.
    """
    Team.objects.select_for_update().get(pk=team.pk)  # of two clicks at once the second waits
    key = offer.ready.key
    same = launchable_versions(team).filter(template__name__startswith=key, text=offer.text)
    if version := same.first():
        return version
    return create_template(
        team=team,
        name=_free_name(team, key),
        text=offer.text,
        message=f"From the library: {offer.ready.title}.",
        by=by,
    )


def _free_name(team: Team, key: str) -> str:
    taken = set(Template.objects.filter(team=team).values_list("name", flat=True))
    numbered = (f"{key}-{number}" for number in count(2))
    return key if key not in taken else next(name for name in numbered if name not in taken)
