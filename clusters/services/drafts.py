"""Drafts: what somebody edits, kept from the first key on, valid or not."""

from __future__ import annotations

from django.db import transaction

from accounts.models import Team, User
from clusters.models import Draft, Template


@transaction.atomic
def open_draft(
    *, team: Team, by: User, text: str, template: Template | None = None, base: int = 0,
    name: str = "", origin: str = "",
) -> Draft:  # fmt: skip
    """Return a new draft with this text, for the editor to be opened on.

    One person has one draft of one template: an earlier one makes room. `origin` says in words
    where the text came from and what could not be carried over.
    """
    if template is not None:
        Draft.objects.filter(author=by, template=template).delete()
    return Draft.objects.create(
        team=team, author=by, text=text, template=template, base=base, name=name, origin=origin
    )


def keep(draft: Draft, *, text: str, message: str, rationale: str, name: str = "") -> None:
    """Write down what stands in the editor now, whatever it is."""
    draft.text, draft.message, draft.rationale = text, message[:200], rationale
    draft.name = name[:63]
    draft.save(update_fields=["text", "message", "rationale", "name", "saved_at"])


def discard(draft: Draft) -> None:
    """Forget the draft; the template's versions stay."""
    draft.delete()
