"""What is wrong with a Dockerfile, as pages show it, and what a click on Fix makes of it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.permissions import require
from accounts.queries import current_team
from accounts.requests import SignedInRequest
from images.building.fixing import CannotFix, fixed
from images.building.linting import Linted, linted
from images.services.contents import MOST_DOCKERFILE
from images.services.rights import may_edit_images

_CONTEXTS = {"0": False, "1": True}


@require_POST
def check_dockerfile(request: SignedInRequest) -> HttpResponse:
    """Return what is wrong with the Dockerfile as it is typed; `fix` names a problem to mend."""
    team = current_team(request)
    require(may_edit_images(request.user, team))
    has_context = _CONTEXTS.get(request.GET.get("context", ""))
    text = posted_text(request)
    found = linted(text, team=team, has_context=has_context)
    context: dict[str, Any] = {}
    if request.POST.get("fix"):
        text, told = mended(request, text, found)
        context = {"told": told} if told else {"fixed_text": text}
        found = linted(text, team=team, has_context=has_context)
    context |= checks_of(found, has_context=has_context)
    return render(request, "images/build_problems.html", context)


def posted_text(request: HttpRequest) -> str:
    """Return the Dockerfile that was posted, its lines ended by line feeds."""
    text: str = request.POST.get("dockerfile", "")
    return text.replace("\r\n", "\n")[:MOST_DOCKERFILE]


def mended(request: HttpRequest, text: str, found: Linted) -> tuple[str, str]:
    """Return the text after the click on Fix that was posted, and a sentence where it stays."""
    try:
        return fixed(text, request.POST.get("fix", ""), found), ""
    except CannotFix as error:
        return text, str(error)


def checks_of(found: Linted, *, has_context: bool | None = None) -> dict[str, Any]:
    """Return what build_problems.html takes for a Dockerfile."""
    query = "" if has_context is None else f"?context={int(has_context)}"
    return {
        "problems": found.problems,
        "skipped": found.skipped,
        "check_url": reverse("images:check-dockerfile") + query,
        "checked_field": "id_dockerfile",
        "marks": [
            {
                "line": one.line or 1,
                "severity": one.severity.value,
                "message": one.message,
                "hint": one.hint,
            }
            for one in found.problems
        ],
    }
