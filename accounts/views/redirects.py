"""Where to go after a form, and what happens to those who come back to it."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Concatenate

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect

FIRST_PAGE = "/"
# No space, backslash or control character (C0, C1, line separators) anywhere.
PATH = re.compile(r"/(?![/\\])[^\s\\\x00-\x20\x7f-\xa0]*")
MOST_CHARACTERS = 2000


def to_next_page(request: HttpRequest) -> HttpResponseRedirect:
    """Return the redirect to the page in `next`.

    Not `redirect()`, which would also take the name of a view or a relative path.
    """
    return HttpResponseRedirect(next_page(request))


def next_page(request: HttpRequest) -> str:
    """Return the path in `next`, or that of the first page unless it is a plain path of this site.

    A path begins with one slash, since browsers read "//host" and "/\\host" as another site's
    address; they also drop tabs and line breaks from addresses.
    """
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if PATH.fullmatch(wanted) and len(wanted) <= MOST_CHARACTERS:
        return wanted
    return FIRST_PAGE


def posted[R: HttpRequest, **P](
    *, back: str
) -> Callable[
    [Callable[Concatenate[R, P], HttpResponse]], Callable[Concatenate[R, P], HttpResponse]
]:
    """Redirect other methods than POST to the page `back`.

    Such a view may answer in place, so its address stands in the browser and is come back to.
    """

    def decorate(
        view: Callable[Concatenate[R, P], HttpResponse],
    ) -> Callable[Concatenate[R, P], HttpResponse]:
        @wraps(view)
        def answer(request: R, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if request.method != "POST":
                return redirect(back)
            return view(request, *args, **kwargs)

        return answer

    return decorate
