"""What people post to the pages of change requests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from django import forms

from domain.promotions.checks import CheckKind
from promotions.models import Environment
from promotions.models.request import Strategy
from promotions.services.requests import TEXT_LENGTH, TITLE_LENGTH

REASON_LENGTH = 2_000


class ReasonForm(forms.Form):
    """Why something is done."""

    reason = forms.CharField(required=False, max_length=REASON_LENGTH)


class ApprovalForm(ReasonForm):
    """An approval of what was shown: `digest` names it."""

    digest = forms.CharField(required=False, max_length=64)


class SkipForm(ReasonForm):
    """Which checks a hotfix skips, and why."""

    checks = forms.MultipleChoiceField(
        required=False, choices=[(kind.value, kind.label) for kind in CheckKind]
    )


class CommentForm(forms.Form):
    """A comment in Markdown."""

    text = forms.CharField(
        label="Comment",
        error_messages={"required": "Write a comment."},
        max_length=TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Markdown.",
    )


class RequestForm(forms.Form):
    """The request to release a version in an environment."""

    environment = forms.ChoiceField()
    title = forms.CharField(
        max_length=TITLE_LENGTH, help_text="What the change is for, in a few words."
    )
    description = forms.CharField(
        required=False,
        max_length=TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="What approvers should know. Markdown.",
    )
    strategy = forms.ChoiceField(
        label="Running clusters",
        choices=Strategy.choices,
        help_text="How they get what only new nodes, or a new head node, can follow. A switch also "
        "covers another cloud: jobs finish on the old cluster, and both cost meanwhile.",
    )

    def __init__(
        self, *args: object, environments: Sequence[Environment], **kwargs: object
    ) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        field = cast("forms.ChoiceField", self.fields["environment"])
        field.choices = [(each.name, each.name) for each in environments]
