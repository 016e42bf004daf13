"""The documentation, for everyone who is signed in."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from mobula.documentation import library

LONGEST = 100


@require_GET
def contents(request: HttpRequest) -> HttpResponse:
    """Show all pages by section, or the sections that contain what is searched for."""
    words = request.GET.get("q", "").strip()[:LONGEST]
    context = {"index": library.index(), "words": words, "matches": library.search(words)}
    return render(request, "documentation/contents.html", context)


@require_GET
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one page."""
    try:
        shown = library.page(slug)
    except KeyError:
        raise Http404(f"There is no page {slug} in the documentation.") from None
    return render(request, "documentation/page.html", {"page": shown})


@require_GET
def picture(_request: HttpRequest, name: str) -> HttpResponse:
    """Answer with a picture of a page."""
    try:
        content = library.picture(name).read_bytes()
    except KeyError:
        raise Http404(f"There is no picture {name} in the documentation.") from None
    return HttpResponse(content, content_type="image/png")
