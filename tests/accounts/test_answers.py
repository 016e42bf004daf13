"""What a service refuses stands at the form's fields, or above the form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from django import forms

from accounts.answers import problems_of, submit
from accounts.errors import FieldError, Invalid, NotAllowed, NotFound, ServiceError


class NameForm(forms.Form):
    name = forms.CharField(label="Name")


def refusing(refusal: ServiceError) -> Any:
    def service(values: Mapping[str, Any]) -> None:
        raise refusal

    return service


def test_service_gets_the_values_and_its_answer_comes_back() -> None:
    assert submit(NameForm({"name": "a"}), lambda values: values["name"] * 2) == "aa"


def test_service_is_not_asked_with_an_invalid_form() -> None:
    form = NameForm({})
    assert submit(form, refusing(NotFound("Asked."))) is None
    assert problems_of(form) == "Name: This field is required."


def test_refusal_stands_at_its_field_or_above_the_form() -> None:
    form = NameForm({"name": "a"})
    refusal = Invalid(FieldError("name", "Taken."), FieldError("size", "Too small."))
    assert submit(form, refusing(refusal)) is None
    assert form.errors == {"name": ["Taken."], "__all__": ["Too small."]}
    assert problems_of(form) == "Name: Taken. Too small."


@pytest.mark.parametrize("refusal", [NotAllowed("Not you."), NotFound("Not here.")])
def test_what_has_a_page_of_its_own_goes_on(refusal: ServiceError) -> None:
    with pytest.raises(type(refusal), match="Not"):
        submit(NameForm({"name": "a"}), refusing(refusal))
