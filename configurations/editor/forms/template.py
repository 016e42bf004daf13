"""What a template is called, and what its new version is about."""

from __future__ import annotations

from django import forms

from domain.limits import MESSAGE_LENGTH, RATIONALE_LENGTH, TEMPLATE_NAME_LENGTH, wrong_name


class NameForm(forms.Form):
    """What a new template is called."""

    name = forms.CharField(label="Template name", max_length=1000)

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if wrong := wrong_name(name, longest=TEMPLATE_NAME_LENGTH):
            raise forms.ValidationError(wrong)
        return name


class MessageForm(forms.Form):
    """What a version is about, for those who read the list, and why."""

    message = forms.CharField(
        max_length=MESSAGE_LENGTH,
        label="Message",
        help_text="Summary of the change.",
        error_messages={"required": "Describe the change in a few words."},
    )
    rationale = forms.CharField(
        required=False,
        max_length=RATIONALE_LENGTH,
        label="Why",
        help_text="For reviewers. Markdown is supported.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
