"""The request as our views see it, the id of its traces, and what becomes of each answer."""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import cast
from uuid import uuid4

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from accounts.models import User

type Answer = Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]

_request_id: ContextVar[str] = ContextVar("request_id", default="")


class SignedInRequest(HttpRequest):
    """A request that got past the sign-in, for the annotations of views."""

    user: User


def request_id() -> str:
    """Return the id of the request that is being answered, or "" outside of one."""
    return _request_id.get()


@sync_and_async_middleware
def no_store_middleware(get_response: Answer) -> Answer:
    """Let no browser and no proxy keep what a view answers; a header of the view's own stays."""
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            return _not_stored(await cast("Awaitable[HttpResponseBase]", get_response(request)))

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        return _not_stored(cast("HttpResponseBase", get_response(request)))

    return answer


def _not_stored(response: HttpResponseBase) -> HttpResponseBase:
    response.headers.setdefault("Cache-Control", "no-store, private")
    return response


@sync_and_async_middleware
def request_id_middleware(get_response: Answer) -> Answer:
    """Give each request an id and send it back as X-Request-ID."""
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            identity = _begin()
            response = await cast("Awaitable[HttpResponseBase]", get_response(request))
            response["X-Request-ID"] = identity
            return response

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        identity = _begin()
        response = cast("HttpResponseBase", get_response(request))
        response["X-Request-ID"] = identity
        return response

    return answer


def _begin() -> str:
    identity = uuid4().hex
    _request_id.set(identity)
    return identity
