"""Archiving of several templates: each on its own, so that one refusal keeps no other back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from accounts.errors import NotAllowed, ServiceError
from accounts.models import User
from accounts.permissions import Action, Decision, may
from configurations.models import Template
from configurations.services.templates import archive_template


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Which templates were archived, and why the others were not."""

    done: Sequence[Template]
    refused: Sequence[tuple[Template, str]]


def may_archive_template(template: Template, *, user: User) -> Decision:
    """Return whether this user can archive the template now."""
    decision = may(user, Action.EDIT_TEMPLATE, team=template.team)
    if decision and template.archived_at:
        return Decision(allowed=False, reason="It is already archived.")
    return decision


def archive_many(templates: Iterable[Template], *, by: User) -> Outcome:
    """Archive each of the templates; the outcome names those that were refused.

    Raises `NotAllowed` if the user may edit none of them.
    """
    templates = list(templates)
    rights = [may(by, Action.EDIT_TEMPLATE, team=template.team) for template in templates]
    if rights and not any(rights):
        raise NotAllowed(rights[0].reason)
    done, refused = [], []
    for template in templates:
        decision = may_archive_template(template, user=by)
        if not decision:
            refused.append((template, decision.reason))
            continue
        try:
            archive_template(template, by=by)
        except ServiceError as refusal:
            refused.append((template, " ".join(refusal.messages)))
        else:
            done.append(template)
    return Outcome(done=done, refused=refused)
