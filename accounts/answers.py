"""How a view answers with what a service did or refused: the one place that translates it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.errors import NotAllowed, NotFound, ServiceError, TryLater

type Words[T] = str | Callable[[T], str]


def perform[T](
    request: HttpRequest,
    call: Callable[[], T],
    *,
    done: Words[T],
    to: str,
    then: Callable[[T], str] | None = None,
    form: BaseForm | None = None,
) -> HttpResponse:
    """Call a service and go to the page `to`, which says what came of it.

    After success, the user goes to the address that `then` makes of the result, if it is given.
    A form without a page of its own is checked first. What the user may not do, or not see, is
    left to Django's 403 and 404 pages.
    """
    if form is not None and not form.is_valid():
        messages.error(request, problems_of(form))
        return redirect(to)
    try:
        result = call()
    except (NotAllowed, NotFound):
        raise
    except ServiceError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect(to)
    messages.success(request, done if isinstance(done, str) else done(result))
    return redirect(then(result) if then else to)


def submit[T](form: BaseForm, call: Callable[[Mapping[str, Any]], T]) -> T | None:
    """Return what the service makes of the form's values; None: the form shows what is wrong.

    What the user may not do, or not see, and what is to be tried again later is left to others.
    """
    if not form.is_valid():
        return None
    try:
        return call(form.cleaned_data)
    except (NotAllowed, NotFound, TryLater):
        raise
    except ServiceError as refusal:
        show_in(form, refusal)
        return None


def show_in(form: BaseForm, refusal: ServiceError) -> None:
    """Show each error of the refusal at its field, or above the form where it has none."""
    for error in refusal.errors:
        form.add_error(error.field if error.field in form.fields else None, error.message)


def problems_of(form: BaseForm) -> str:
    """Return what is wrong with a form, in sentences."""
    return " ".join(
        f"{form.fields[name].label}: {error}" if name in form.fields else str(error)
        for name, errors in form.errors.items()
        for error in errors
    )
