"""What templates of other apps show of change requests: `{% load promotions %}`."""

from __future__ import annotations

from typing import Any

from django import template

from accounts.models import Team, User
from accounts.permissions import Decision
from configurations.models import Template
from domain.promotions.price_changes import difference_in_words, hour_in_words
from promotions import queries
from promotions.pipeline import stages_of

register = template.Library()


@register.simple_tag
def waiting_approvals(user: User, team: Team | None) -> int:
    """Return how many change requests of the team wait for an approval of `user`; asks once."""
    return queries.waiting_count(user, team=team) if team else 0


@register.inclusion_tag("promotions/pipeline.html")
def pipeline(template: Template, may_edit: Decision) -> dict[str, Any]:
    """Draw which version each environment has of a template, with the next step to request."""
    return {"template": template, "stages": stages_of(template), "may_edit": may_edit}


@register.filter
def usd_text(amount: str | None) -> str:
    """Return USD as text in words: "1.200000" is "$1.20"."""
    return hour_in_words(amount)


@register.filter
def more_than(after: str | None, before: str | None) -> str:
    """Return how much more an hour costs, in words; both are USD as text."""
    return difference_in_words(before, after)
