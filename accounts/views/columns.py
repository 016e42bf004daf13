"""Which columns of a table a browser shows."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from accounts.views.redirects import to_next_page
from tables.choice import keep_choice


@require_POST
def columns(request: HttpRequest, table: str) -> HttpResponse:
    """Keep the choice in a cookie and return to the page."""
    response = to_next_page(request)
    keys = None if request.POST.get("reset") else request.POST.getlist("columns")
    keep_choice(request, response, table=table, keys=keys)
    return response
