"""Begin from a template of the library."""

from __future__ import annotations

from accounts.errors import NotFound
from accounts.models import Team, User
from accounts.permissions import Action, may, require
from configurations.library import ready
from configurations.library_offers import library_offer
from configurations.models import Draft
from configurations.services.drafts import open_draft


def open_ready(key: str, *, team: Team, by: User) -> Draft:
    """Return a draft with the library's template of that key; raises `NotFound`."""
    require(may(by, Action.EDIT_TEMPLATE, team=team))
    item = ready(key)
    if item is None:
        raise NotFound("The library has no such template.")
    offer = library_offer(item, user=by)
    origin = f"From the library: {item.title}."
    if not offer.cloud:
        origin += f" Name a cloud of yours on {item.provider.label}."
    return open_draft(team=team, by=by, text=offer.text, name=key, origin=origin)
