"""The pages for errors, which Django makes in threads of their own.

A connection that such a thread opens would never be given back: no request ends in it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from django.db import connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views import defaults

from mobula.edge.middleware import DATABASE_IS_AWAY, database_is_away


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer 404."""
    return _made(lambda: defaults.page_not_found(request, exception))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Answer 403."""
    return _made(lambda: defaults.permission_denied(request, exception))


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Answer what no view answered: 503 if the database is away, else 500."""
    error = sys.exception()
    if isinstance(error, DATABASE_IS_AWAY):
        return database_is_away(request, error)
    return defaults.server_error(request)


def _made(page: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """Return the page; close the connection that it opened, and none that was there before."""
    was_open = connection.connection is not None
    try:
        return page()
    finally:
        if not was_open:
            connection.close()
