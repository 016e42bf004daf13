"""Drafts: what somebody edits, kept from the first key on, valid or not."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from accounts.errors import NotAllowed
from accounts.models import Team, User
from accounts.permissions import Action, may, require
from configurations.models import Draft, Template


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftContent:
    """What stands in the editor."""

    text: str
    message: str = ""
    rationale: str = ""
    name: str = ""


@transaction.atomic
def open_draft(
    *,
    team: Team,
    by: User,
    text: str,
    template: Template | None = None,
    base: int = 0,
    name: str = "",
    origin: str = "",
) -> Draft:
    """Return a new draft with this text, for the editor to be opened on.

    One person has one draft of one template: an earlier one makes room. `origin` says in words
    where the text came from and what could not be carried over.
    """
    team = template.team if template else team
    require(may(by, Action.EDIT_TEMPLATE, team=team))
    if template is not None:
        Draft.objects.filter(author=by, template=template).delete()
    return Draft.objects.create(
        team=team, author=by, text=text, template=template, base=base, name=name, origin=origin
    )


@transaction.atomic
def keep(
    typed: DraftContent,
    *,
    draft: Draft | None,
    team: Team,
    template: Template | None,
    base: int,
    by: User,
) -> Draft:
    """Write down what stands in the editor now, whatever it is; return its draft."""
    team = template.team if template else team
    require(may(by, Action.EDIT_TEMPLATE, team=team))
    if draft is not None:
        _require_own(draft, by=by)
    if draft is None and template is not None:
        draft = Draft.objects.filter(author=by, template=template).first()
    if draft is None:
        draft = Draft(team=team, author=by, template=template)
    draft.base, draft.text = base, _storable(typed.text)
    draft.name, draft.message = _storable(typed.name)[:63], _storable(typed.message)[:200]
    draft.rationale = _storable(typed.rationale)
    draft.save()
    return draft


def _storable(text: str) -> str:
    """The text without the one character that no database stores; the checks name its line."""
    return text.replace("\x00", "")


def discard(draft: Draft, *, by: User) -> None:
    """Forget the draft; the template's versions stay."""
    _require_own(draft, by=by)
    draft.delete()


def _require_own(draft: Draft, *, by: User) -> None:
    if draft.author_id != by.pk:
        raise NotAllowed("Only its author can access a draft.")
