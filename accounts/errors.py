"""What services refuse with: a stable code, a sentence for the user, and the field it is about.

docs/errors.md lists every code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar, Self

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.http import Http404


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one value; `field` is "" where it is about no single one."""

    field: str
    message: str


class ServiceError(Exception):
    """A service refused, and nothing was written; `status` is what HTTP calls it."""

    code: ClassVar[str]
    status: ClassVar[int]

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field

    @property
    def errors(self) -> tuple[FieldError, ...]:
        """Everything that is wrong, each at its field."""
        return (FieldError(self.field, self.message),)

    @property
    def messages(self) -> list[str]:
        """Everything that is wrong, in sentences."""
        return [error.message for error in self.errors]


class NotAllowed(ServiceError, PermissionDenied):
    """The user lacks the right; where no view answers it, Django shows its 403 page."""

    code = "not-allowed"
    status = 403


class NotFound(ServiceError, Http404):
    """There is no such thing, as far as the user may know; Django shows its 404 page."""

    code = "not-found"
    status = 404


class Invalid(ServiceError):
    """One or several values are wrong."""

    code = "invalid"
    status = 422

    def __init__(self, *errors: FieldError) -> None:
        first = errors[0].field if len(errors) == 1 else ""
        super().__init__(" ".join(error.message for error in errors), field=first)
        self._errors = errors

    @property
    def errors(self) -> tuple[FieldError, ...]:
        return self._errors

    @classmethod
    def at(cls, field: str, message: str) -> Self:
        """Return the error about one field; "" for the whole."""
        return cls(FieldError(field, message))


class WrongState(ServiceError):
    """This cannot be done in the present state; the message says what to do first."""

    code = "wrong-state"
    status = 409


class Outdated(ServiceError):
    """Somebody else changed it after the user looked."""

    code = "outdated"
    status = 409


class TryLater(ServiceError):
    """Nothing is wrong but the moment; after `retry_seconds` it may succeed."""

    code = "try-later"
    status = 503

    def __init__(self, message: str, *, retry_seconds: int) -> None:
        super().__init__(message)
        self.retry_seconds = retry_seconds


def raise_if_any(errors: Iterable[FieldError]) -> None:
    """Raise `Invalid` with all of `errors`, if there are any."""
    if problems := tuple(errors):
        raise Invalid(*problems)


@contextmanager
def as_invalid(*, field: str = "") -> Iterator[None]:
    """Turn Django's ValidationError into `Invalid`; `field` gets what names no field of its own."""
    try:
        yield
    except ValidationError as error:
        raise Invalid(*_errors_of(error, field)) from error


def _errors_of(error: ValidationError, field: str) -> Iterator[FieldError]:
    if not hasattr(error, "error_dict"):
        yield from (FieldError(field, message) for message in error.messages)
        return
    for name, messages in error.message_dict.items():
        named = field if name == NON_FIELD_ERRORS else name
        yield from (FieldError(named, message) for message in messages)
