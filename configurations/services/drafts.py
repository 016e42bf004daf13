"""Drafts: what somebody edits, kept from the first key on, valid or not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction

from accounts.errors import FieldError, NotAllowed, WrongState, raise_if_any
from accounts.models import Team, User
from accounts.permissions import Action, may, require
from configurations.models import Draft, Template
from domain.limits import MAX_DRAFTS, MESSAGE_LENGTH, RATIONALE_LENGTH, TEMPLATE_NAME_LENGTH
from domain.yaml.tree import MAX_BYTES

_ORIGIN_LENGTH = 4_000


class TooManyDrafts(WrongState):
    """The user has as many drafts as one user may have."""

    code = "too-many-drafts"

    def __init__(self) -> None:
        super().__init__(
            f"You have {MAX_DRAFTS} drafts, the most a user can have: "
            "discard drafts you no longer need, then try again."
        )


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
    rationale: str = "",
    origin: str = "",
) -> Draft:
    """Return a new draft with this text, for the editor to be opened on.

    One person has one draft of one template: an earlier one makes room. `origin` says in words
    where the text came from and what could not be carried over. Raises `TooManyDrafts` and
    `Invalid`.
    """
    team = template.team if template else team
    require(may(by, Action.EDIT_TEMPLATE, team=team))
    if template is not None:
        Draft.objects.filter(author=by, template=template).delete()
    raise_if_any(_too_long(DraftContent(text=text, rationale=rationale)))
    _require_room(by)
    return Draft.objects.create(
        team=team,
        author=by,
        text=text,
        template=template,
        base=base,
        name=name,
        rationale=rationale,
        origin=origin[:_ORIGIN_LENGTH],
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
    """Write down what stands in the editor now, valid or not; return its draft.

    Raises `TooManyDrafts`, and `Invalid` for what is too long; an earlier draft then stays.
    """
    team = template.team if template else team
    require(may(by, Action.EDIT_TEMPLATE, team=team))
    if draft is not None:
        _require_own(draft, by=by)
    if draft is None and template is not None:
        draft = Draft.objects.filter(author=by, template=template).first()
    raise_if_any(_too_long(typed))
    if draft is None:
        _require_room(by)
        draft = Draft(team=team, author=by, template=template)
    draft.base, draft.text = base, _storable(typed.text)
    draft.name, draft.message = _storable(typed.name), _storable(typed.message)
    draft.rationale = _storable(typed.rationale)
    draft.save()
    return draft


def _require_room(by: User) -> None:
    User.objects.select_for_update().get(pk=by.pk)  # of two new drafts at once the second waits
    if Draft.objects.filter(author=by).count() >= MAX_DRAFTS:
        raise TooManyDrafts


def _too_long(typed: DraftContent) -> Iterator[FieldError]:
    size = len(typed.text.encode("utf-8", "replace"))
    if size > MAX_BYTES:
        yield FieldError("text", f"The YAML has {size:,} bytes; use at most {MAX_BYTES:,}.")
    for field, value, most in (
        ("name", typed.name, TEMPLATE_NAME_LENGTH),
        ("message", typed.message, MESSAGE_LENGTH),
        ("rationale", typed.rationale, RATIONALE_LENGTH),
    ):
        if len(value) > most:
            label = "Why" if field == "rationale" else field.capitalize()
            yield FieldError(field, f"{label} has {len(value):,} characters; use at most {most:,}.")


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
