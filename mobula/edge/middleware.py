"""What Django itself answers at the edge: 400 for unusable input, 503 without the database."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from decimal import InvalidOperation
from typing import Any

from django.conf import settings
from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.deprecation import MiddlewareMixin

from mobula.edge.guard import AWAY_KEY, USER_KEY, WORK_KEY
from mobula.edge.limits import AGENT_PATH, AGENT_PATHS
from mobula.edge.refusal import TITLES
from mobula.edge.sharing.outage import RETRY_AFTER, SENTENCE

MOST_DIGITS = 100
_BEGAN = "mobula.began"
# A text that PostgreSQL cannot store, and a number that no field holds and int() may refuse.
_UNUSABLE = re.compile(rf"\0|[\ud800-\udfff]|\d{{{MOST_DIGITS + 1}}}")
DATABASE_IS_AWAY = (OperationalError, InterfaceError)
_DOES_NOT_FIT = (DataError, OverflowError, InvalidOperation, UnicodeEncodeError)

log = logging.getLogger(__name__)


class EdgeMiddleware(MiddlewareMixin):
    """Refuses what no view could use before one sees it, and explains what a view stumbled over."""

    def process_view(
        self, request: HttpRequest, _view: object, args: Iterable[Any], kwargs: Mapping[str, Any]
    ) -> HttpResponse | None:
        """Answer 400 to NUL characters, lone surrogates and endless numbers, wherever they are."""
        request.META[_BEGAN] = time.thread_time()
        if request.path == AGENT_PATH:
            return None  # its body is read after its headers only, and has bounds of its own
        for place, text in _texts(request, (*args, *kwargs.values())):
            if unusable := _UNUSABLE.search(text):
                return bad_request(request, _explained(place, unusable.group()))
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer 503 while the database is away, 400 to values that fit no field."""
        if isinstance(error, DATABASE_IS_AWAY):
            return database_is_away(request, error)
        if isinstance(error, _DOES_NOT_FIT) and not settings.DEBUG:
            log.warning("value refused", extra={"path": request.path, "error": repr(error)[:200]})
            return bad_request(request, "A value of the request is too large or too long.")
        return None

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Tell the guard whose request this was, and how much work it made."""
        scope = getattr(request, "scope", None)
        if scope is None:  # no guard
            return response
        user = getattr(request, "_cached_user", None)
        if user is not None and user.is_authenticated:
            scope[USER_KEY] = str(user.pk)
        if began := request.META.get(_BEGAN):  # a request has one thread for all of its work
            scope[WORK_KEY] = time.thread_time() - began
        return response


def bad_request(request: HttpRequest, sentence: str) -> HttpResponse:
    """Return the page that says what is wrong with the request."""
    return _page(request, 400, title=TITLES[400], text=sentence)


def database_is_away(request: HttpRequest, error: BaseException) -> HttpResponse:
    """Return the page that asks to come back, made without the database."""
    log.warning("database away", extra={"path": request.path, "error": type(error).__name__})
    if (scope := getattr(request, "scope", None)) is not None:
        scope[AWAY_KEY] = True
    response = _page(request, 503, title=TITLES[503], text=SENTENCE)
    response["Retry-After"] = str(RETRY_AFTER)
    return response


def _page(request: HttpRequest, status: int, *, title: str, text: str) -> HttpResponse:
    if request.path.startswith(AGENT_PATHS):
        return JsonResponse({"error": text}, status=status)
    content = render_to_string("refused.html", {"title": title, "text": text})
    return HttpResponse(content, status=status)


def _texts(request: HttpRequest, arguments: Iterable[Any]) -> Iterator[tuple[str, str]]:
    yield "The address", request.path
    yield from (("The address", value) for value in arguments if isinstance(value, str))
    for name, values in (*request.GET.lists(), *request.POST.lists()):
        yield "A field's name", name
        yield from ((f"The field '{name[:40]}'", value) for value in values)
    yield from (("A cookie", value) for value in request.COOKIES.values())


def _explained(place: str, text: str) -> str:
    if text == "\0":
        return f"{place} has a NUL character, which cannot be stored. Remove it."
    if text.isdigit():
        return f"{place} has a number of more than {MOST_DIGITS} digits. Use a smaller one."
    return f"{place} has a character that is no valid Unicode. Remove it."
