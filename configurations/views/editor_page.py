"""The pages of the template editor: the form with YAML and panel beside it, and the merge view."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.errors import Invalid, ServiceError
from accounts.models import Team
from accounts.requests import SignedInRequest
from configurations.editor import Edit
from configurations.editor.forms.template import MessageForm, NameForm
from configurations.editor.merging import Merging
from configurations.editor.panel import panel_for
from configurations.models import Draft, Template, Version
from configurations.named_images import meanings_of
from configurations.preflight import checked_with
from configurations.queries import deployed_version
from configurations.services.drafts import TooManyDrafts
from configurations.views.editor_parts import answer_of, parts_of, stamps_in
from domain.images.platforms import machines_wanted


def editor_page(
    request: SignedInRequest,
    edit: Edit,
    *,
    team: Team,
    message: MessageForm,
    name: NameForm | None = None,
    template: Template | None = None,
    base: Version | None = None,
    latest: Version | None = None,
    draft: Draft | None = None,
    pending: Draft | None = None,
    not_kept: ServiceError | None = None,
    part: str = "",
    status: int = 200,
) -> HttpResponse:
    """Return the editor with what stands beside it; `part` is a fragment of the page."""
    given = request.POST.get("draft", "")
    draft = draft or own_draft(request, given, team=team, template=template)
    if template and latest is None:
        latest = latest_version(template)
    own = [template.pk] if template else []
    context: dict[str, Any] = {
        "team": team,
        "edit": edit,
        "panel": panel_for(
            edit, latest=latest, deployed=deployed_version(template) if template else None
        ),
        "marks": [_mark(finding.problem) for finding in edit.findings if finding.problem.line],
        "message": message,
        "name": name,
        "template": template,
        "base": base,
        # Only the whole page shows them.
        "meanings": meanings_of(base) if base and not part else [],
        "machines_wanted": machines_wanted(edit.draft, target=edit.catalogue.target)
        if not part
        else "",
        "draft": draft,
        "pending": pending,
        "not_kept": not_kept,
        "save_url": reverse("configurations:edit-template", args=own)
        if template
        else reverse("configurations:new-template"),
        "check_url": reverse("configurations:check-template", args=own),
        "checks_url": reverse("configurations:check-with-cloud", args=own),
        "checked_with": checked_with(edit.catalogue.cloud),
        "crumbs": _crumbs(template),
    }
    context["parts"] = parts = parts_of(context)
    stamps = stamps_in(request.POST) if part else None
    if stamps is not None:
        return HttpResponse(answer_of(parts, edit, request.POST, stamps), status=status)
    return render(request, f"configurations/editor/page.html{part}", context, status=status)


def _mark(problem: Any) -> dict[str, Any]:
    names = ("line", "column", "severity", "message", "hint")
    return {name: getattr(problem, name) for name in names}


def _crumbs(template: Template | None) -> list[tuple[str, str]]:
    above = [("Templates", reverse("configurations:templates"))]
    if template:
        above.append((template.name, reverse("configurations:template", args=[template.pk])))
    return above


def merge_page(
    request: SignedInRequest, template: Template, merging: Merging, *, message: str, status: int
) -> HttpResponse:
    """Return the two edits side by side, with what to choose between."""
    context = {
        "template": template,
        "merging": merging,
        "message": message,
        "crumbs": _crumbs(template),
    }
    return render(request, "configurations/merge.html", context, status=status)


def open_draft_in_editor(request: SignedInRequest, draft: Callable[[], Draft]) -> HttpResponse:
    """Make a draft and open the editor on it; where it is refused, go to the list of drafts."""
    try:
        return redirect("configurations:draft", pk=draft().pk)
    except (Invalid, TooManyDrafts) as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect("configurations:templates")


def own_draft(
    request: SignedInRequest, pk: str, *, team: Team | None = None, template: Template | None = None
) -> Draft | None:
    """Return the user's own draft of that number, if there is one in a team of theirs.

    With `team` only one of that team and that template (None: of a new one) will do.
    """
    if not pk.isdecimal() or len(pk) > 18:
        return None
    rows = Draft.objects.visible_to(request.user).filter(author=request.user, pk=pk)
    if team is not None:
        rows = rows.filter(team=team, template=template)
    return rows.select_related("template__team", "team").first()


def latest_version(template: Template) -> Version:
    """Return the newest version with its author."""
    return template.versions.select_related("author", "template").latest("number")
