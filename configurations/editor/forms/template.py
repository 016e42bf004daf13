"""What a template is called, and what its new version is about."""

from __future__ import annotations

from django import forms

NAME_RULE = r"^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$"


class NameForm(forms.Form):
    """What a new template is called."""

    name = forms.RegexField(
        NAME_RULE,
        label="Template name",
        error_messages={
            "invalid": "Use lower-case letters, digits and hyphens; begin with a letter, "
            "at most 63 characters."
        },
    )


class MessageForm(forms.Form):
    """What a version is about, for those who read the list, and why."""

    message = forms.CharField(
        max_length=200,
        label="Message",
        help_text="What is different.",
        error_messages={"required": "Say in a few words what is different."},
    )
    rationale = forms.CharField(
        required=False,
        max_length=20_000,
        label="Why",
        help_text="For those who approve and for those who come after; Markdown.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
