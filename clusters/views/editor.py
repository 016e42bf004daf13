"""The template editor: form and YAML of one object, its checks, and the merge of two edits."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Action, may, require
from accounts.queries import current_team
from accounts.requests import SignedInRequest
from clusters.services.templates import Invalid, Outdated, create_template, save_version
from clusters.views.templates import visible_template
from domain.validation import check_text

DEFAULT_TEXT = """\
cloud: local
head_node:
  instance_type: 1CPU-2GB
worker_nodes:
  - name: cpu
    instance_type: 2CPU-4GB
    min_nodes: 0
    max_nodes: 2
# Mobula's own settings; leave this block out and the rest is valid for Anyscale.
mobula:
  idle_minutes: 30
"""


@require_http_methods(["GET", "POST"])
def new(request: SignedInRequest) -> HttpResponse:
    """Create a template."""
    team = current_team(request)
    require(may(request.user, Action.EDIT_TEMPLATE, team=team))
    text = request.POST.get("text", DEFAULT_TEXT)
    context = {"text": text, "name": request.POST.get("name", ""), "problems": ()}
    if request.method == "POST":
        try:
            version = create_template(
                team=team,
                name=request.POST.get("name", ""),
                text=text,
                message=request.POST.get("message") or "First version.",
                by=request.user,
            )
        except ValidationError as error:
            context["problems"] = error.messages
        except Invalid:
            context["problems"] = [p.message for p in check_text(text, instance_types=None)]
        else:
            return redirect("clusters:template", pk=version.template_id)
    status = 422 if request.method == "POST" else 200
    return render(request, "clusters/edit.html", context, status=status)


@require_http_methods(["GET", "POST"])
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Edit a template: each save is a new version."""
    template = visible_template(request, pk)
    require(may(request.user, Action.EDIT_TEMPLATE, team=template.team))
    latest = template.versions.first()
    text = request.POST.get("text", latest.text if latest else DEFAULT_TEXT)
    base = request.POST.get("base", str(latest.number if latest else 0))
    context = {"text": text, "template": template, "base": base, "problems": ()}
    if request.method == "POST":
        message = request.POST.get("message", "")
        try:
            save_version(template, text=text, base=int(base), message=message, by=request.user)
        except (Invalid, Outdated) as error:
            context["problems"] = [str(error)]
        else:
            return redirect("clusters:template", pk=template.pk)
    status = 422 if request.method == "POST" else 200
    return render(request, "clusters/edit.html", context, status=status)


@require_POST
def check(request: SignedInRequest, pk: int | None = None) -> HttpResponse:
    """Check what stands in the editor."""
    team = visible_template(request, pk).team if pk else current_team(request)
    require(may(request.user, Action.EDIT_TEMPLATE, team=team))
    found = check_text(request.POST.get("text", ""), instance_types=None)
    return render(request, "clusters/edit.html#problems", {"problems": [p.message for p in found]})
