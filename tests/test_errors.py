"""Every error of the services has a code of its own, and docs/errors.md lists it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError

from accounts.errors import FieldError, Invalid, ServiceError, WrongState, as_invalid
from tests.service_modules import APPS, modules_of

PAGE = (Path(__file__).parent.parent / "docs" / "errors.md").read_text()


def errors() -> list[type[ServiceError]]:
    """Every class of the product's own errors."""
    for app in APPS:
        list(modules_of(app))
    return [error for error in _below(ServiceError) if error.__module__.split(".")[0] in APPS]


def _below(error: type[ServiceError]) -> Iterator[type[ServiceError]]:
    for child in error.__subclasses__():
        yield child
        yield from _below(child)


def test_each_error_has_a_code_of_its_own() -> None:
    codes = [error.code for error in errors()]
    assert sorted(codes) == sorted(set(codes))
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in codes)


def test_the_page_lists_every_code_with_its_status() -> None:
    documented = set(re.findall(r"^\| `([a-z-]+)` \| (\d+) \| \S", PAGE, re.MULTILINE))
    assert documented == {(error.code, str(error.status)) for error in errors()}


def test_an_error_names_its_field() -> None:
    error = WrongState("Stop it first.", field="state")
    assert error.errors == (FieldError("state", "Stop it first."),)
    assert error.messages == ["Stop it first."]


def test_several_wrong_values_are_said_at_once() -> None:
    error = Invalid(FieldError("name", "Too long."), FieldError("size", "Too small."))
    assert (str(error), error.field) == ("Too long. Too small.", "")


def test_what_django_finds_wrong_stands_at_its_fields() -> None:
    with pytest.raises(Invalid) as refusal, as_invalid(field="name"):
        raise ValidationError({"size": ["Too small."], "__all__": ["Taken."]})
    assert set(refusal.value.errors) == {
        FieldError("size", "Too small."),
        FieldError("name", "Taken."),
    }
