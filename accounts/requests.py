"""The request as our views see it, the id of its traces, and what becomes of each answer."""

from collections.abc import Awaitable, Callable
from typing import cast
from urllib.parse import urlsplit
from uuid import uuid4
from zoneinfo import ZoneInfo

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware as DjangoLoginRequired
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.utils import timezone
from django.utils.decorators import sync_and_async_middleware
from django.utils.deprecation import MiddlewareMixin
from django.utils.http import urlencode

from accounts.models import User
from accounts.origin import Origin, caused_by
from accounts.roles import UTC_NAME, is_time_zone

TIME_ZONE_COOKIE = "mobula-time-zone"  # assets/theme.js writes the browser's

type Answer = Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]

# The header with which assets/submit.js marks a form that it sends.
SUBMISSION = "X-Submission"


class SignedInRequest(HttpRequest):
    """A request that got past the sign-in, for the annotations of views."""

    user: User


def wants_part(request: HttpRequest) -> bool:
    """Return whether htmx asks for a part of a page, and not for a whole one to follow a link."""
    return bool(request.htmx and not request.htmx.boosted)  # type: ignore[attr-defined]


class SubmissionMiddleware(MiddlewareMixin):
    """Names the page that follows a form which a script sent: the script opens it.

    A script that followed the redirect itself would use up the page's messages unseen.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Return the redirect as an answer without content."""
        if SUBMISSION in request.headers and response.has_header("Location"):
            response.status_code = 204  # no redirect to browsers, but scripts read its Location
        return response


class NoStoreMiddleware(MiddlewareMixin):
    """Lets no browser and no proxy keep what a view answers; a header of the view's own stays."""

    def process_response(
        self, _request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Return the answer with the header."""
        response.headers.setdefault("Cache-Control", "no-store, private")
        return response


class TimeZoneMiddleware(MiddlewareMixin):
    """Shows all times of a page in the reader's time zone: their own choice, or the browser's."""

    def process_view(self, request: HttpRequest, *_view: object) -> None:
        """Use the zone until the page is done."""
        timezone.activate(ZoneInfo(_time_zone(request)))

    def process_response(
        self, _request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Return the answer; what follows is in UTC again."""
        timezone.deactivate()
        return response


def _time_zone(request: HttpRequest) -> str:
    chosen = getattr(request.user, "time_zone", "")
    names = (chosen, request.COOKIES.get(TIME_ZONE_COOKIE, ""))
    return next(filter(is_time_zone, names), UTC_NAME)


@sync_and_async_middleware
def request_id_middleware(get_response: Answer) -> Answer:
    """Give each request an id of its own and send it back as X-Request-ID."""
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            with caused_by(origin := _origin_of(request)):
                response = await cast("Awaitable[HttpResponseBase]", get_response(request))
            response["X-Request-ID"] = origin.request_id
            return response

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        with caused_by(origin := _origin_of(request)):
            response = cast("HttpResponseBase", get_response(request))
        response["X-Request-ID"] = origin.request_id
        return response

    return answer


def _origin_of(request: HttpRequest) -> Origin:
    """Return a new id with the client's address, which mobula/edge/proxies.py has resolved."""
    address = str(request.META.get("REMOTE_ADDR") or "")
    return Origin(request_id=uuid4().hex, address=address[:64])


class LoginRequiredMiddleware(DjangoLoginRequired):
    """Django's, which leads a whole open page to the sign-in, not only the part it asked for."""

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponse:
        """Return a redirect to the sign-in page that leads back after it."""
        if SUBMISSION in request.headers:
            return HttpResponse(status=401)
        if request.headers.get("HX-Request") != "true":
            return super().handle_no_permission(request, view_func)
        # A polling region would draw the sign-in page inside of itself. https://htmx.org/headers/
        page = urlsplit(request.headers.get("HX-Current-URL", ""))
        back = f"{page.path}?{page.query}" if page.query else page.path
        address = resolve_url(settings.LOGIN_URL)
        query = urlencode({"next": back or "/"})
        return HttpResponse(status=401, headers={"HX-Redirect": f"{address}?{query}"})
