"""Begin from a template of the library."""

from __future__ import annotations

from itertools import count

from django.db import transaction

from accounts.errors import NotFound
from accounts.models import Team, User
from accounts.permissions import Action, may, require
from configurations.library import ready_named
from configurations.library_offers import LibraryOffer, library_offer
from configurations.models import Draft, Template, Version
from configurations.queries import launchable_versions
from configurations.services.drafts import open_draft
from configurations.services.templates import create_template


def open_ready(key: str, *, team: Team, by: User) -> Draft:
    """Return a draft with the library's template of that key; raises `NotFound`."""
    require(may(by, Action.EDIT_TEMPLATE, team=team))
    item = ready_named(key)
    if item is None:
        raise NotFound("The library has no such template.")
    offer = library_offer(item, team=team)
    origin = f"From the library: {item.title}."
    if not offer.cloud:
        origin += f" Select one of your team's clouds on {item.provider.label}."
    return open_draft(team=team, by=by, text=offer.text, name=key, origin=origin)


@transaction.atomic
def template_from_library(offer: LibraryOffer, *, team: Team, by: User) -> Version:
    """Return version 1 of a new template that says what the offer says.

    A template that was made from the same offer before, as by a second click, is used again.
    """
    require(may(by, Action.EDIT_TEMPLATE, team=team))
    Team.objects.select_for_update().get(pk=team.pk)  # of two simultaneous clicks the second waits
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
