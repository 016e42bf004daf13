"""Our renderer's controls are Django's own, character for character but for white space."""

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.test.html import parse_html

from mobula.widgets import SwiftRenderer

CHOICES = [("", "None"), ("a", "A & B"), ("More", [("b", "<b>"), (3, "Three")])]
ATTRS = {"class": 'x "y"', "disabled": True, "hidden": False, "rows": 3, "id": "id_a"}


@pytest.mark.parametrize(
    "widget",
    [
        forms.TextInput(attrs=ATTRS),
        forms.NumberInput(attrs={"min": 0}),
        forms.EmailInput(),
        forms.HiddenInput(),
        forms.CheckboxInput(),
        forms.Textarea(attrs=ATTRS),
        forms.Select(choices=CHOICES, attrs=ATTRS),
    ],
    ids=lambda widget: type(widget).__name__,
)
@pytest.mark.parametrize("value", [None, "", "a", "b", 3, 0, 1.5, True, False, '"><script>', "\nx"])
def test_control_is_djangos_own(widget: forms.Widget, value: object) -> None:
    ours, theirs = (
        widget.render("field", value, renderer=renderer)
        for renderer in (SwiftRenderer(), DjangoTemplates())
    )
    assert parse_html(ours) == parse_html(theirs)
