"""The template editor: form and YAML of one object, its checks, and the merge of two edits."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_http_methods, require_POST

from accounts.answers import show_in
from accounts.errors import Invalid, WrongState
from accounts.models import Team
from accounts.permissions import Action, may, require
from accounts.queries import current_team
from accounts.requests import SignedInRequest
from configurations.editor import Edit, act, begin, fixed, other_part, read_edit
from configurations.editor.forms.template import MessageForm, NameForm
from configurations.editor.merging import merge
from configurations.environments import environment_names
from configurations.models import Draft, Template, Version
from configurations.services.drafts import DraftContent, TooManyDrafts, discard, keep
from configurations.services.launch_checks import check_config
from configurations.services.templates import NewerVersion, create_template, save_version
from configurations.views.editor_page import editor_page, latest_version, merge_page, own_draft
from configurations.views.templates import visible_template

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
    """Create a template: in the team of the draft that it was begun as, else in the chosen one."""
    team = _team_of_new(request)
    require(may(request.user, Action.EDIT_TEMPLATE, team=team))
    if request.method == "GET":
        name = NameForm({"name": _free_name(team)})
        message = MessageForm({"message": "First version."})
        return editor_page(
            request, begin(DEFAULT_TEXT, team=team), team=team, name=name, message=message
        )
    edit = _posted(request, team=team)
    if "do" in request.POST:
        typed = request.POST.dict()
        name, message = NameForm(initial=typed), MessageForm(initial=typed)
        return editor_page(request, edit, team=team, name=name, message=message)
    name, message = NameForm(request.POST), MessageForm(request.POST)
    if _is_ready(edit, name, message):
        try:
            version = create_template(
                team=team,
                name=name.cleaned_data["name"],
                text=edit.text,
                message=message.cleaned_data["message"],
                rationale=message.cleaned_data["rationale"],
                by=request.user,
            )
        except Invalid as refusal:
            show_in(name, refusal)
        else:
            _forget_draft(request, team=team)
            _say_saved(request, version)
            return redirect("configurations:template", pk=version.template_id)
    return editor_page(request, edit, team=team, name=name, message=message, status=422)


@require_http_methods(["GET", "POST"])
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Edit a template: each save is a new version."""
    template = visible_template(request, pk)
    require(may(request.user, Action.EDIT_TEMPLATE, team=template.team))
    latest = latest_version(template)
    page: dict[str, Any] = {"team": template.team, "template": template}
    if request.method == "GET":
        opened = begin(latest.text, team=template.team)
        pending = Draft.objects.filter(author=request.user, template=template).first()
        page = {**page, "base": latest, "pending": pending}
        return editor_page(request, opened, message=MessageForm(), **page)
    base = _named(request, template, "base")
    if "mine" in request.POST:
        return _merged(request, template, base=base)
    posted = _posted(request, team=template.team)
    page = {**page, "base": base}
    if "do" in request.POST:
        message = MessageForm(initial=request.POST.dict())
        return editor_page(request, posted, message=message, **page)
    message = MessageForm(request.POST)
    if _is_ready(posted, message):
        return _save(request, template, posted, base=base, message=message)
    return editor_page(request, posted, message=message, status=422, **page)


def _save(
    request: SignedInRequest, template: Template, edit: Edit, *, base: Version, message: MessageForm
) -> HttpResponse:
    """Save a version and go to the template, or show what somebody else saved meanwhile."""
    words = message.cleaned_data["message"]
    try:
        saved = save_version(
            template,
            text=edit.text,
            base=base.number,
            message=words,
            rationale=message.cleaned_data["rationale"],
            by=request.user,
        )
    except NewerVersion as newer:
        merging = merge(base, mine=edit.text, theirs=newer.latest)
        return merge_page(request, template, merging, message=words, status=newer.status)
    except (Invalid, WrongState) as refusal:
        show_in(message, refusal)
        page: dict[str, Any] = {"template": template, "base": base, "status": refusal.status}
        return editor_page(request, edit, team=template.team, message=message, **page)
    _forget_draft(request, team=template.team, template=template)
    if saved.is_new:
        _say_saved(request, saved.version)
    else:
        messages.info(request, f"No changes from {saved.version}: no new version was created.")
    return redirect("configurations:template", pk=template.pk)


def _say_saved(request: SignedInRequest, version: Version) -> None:
    """Tell the next page to say that the version is saved, and to lead on to its promotion."""
    may_edit = may(request.user, Action.EDIT_TEMPLATE, team=version.template.team)
    context = {"version": version, "may_edit": may_edit}
    messages.success(request, render_to_string("configurations/saved.html", context))


def _merged(request: SignedInRequest, template: Template, *, base: Version) -> HttpResponse:
    """Open the editor on both edits brought together; saving it is based on their version."""
    theirs = _named(request, template, "theirs")
    merging = merge(base, mine=request.POST["mine"], theirs=theirs, choices=request.POST)
    message = MessageForm(initial=request.POST.dict())
    opened = begin(merging.text, team=template.team)
    page: dict[str, Any] = {"team": template.team, "template": template, "base": theirs}
    return editor_page(request, opened, message=message, **page)


@require_POST
def check(request: SignedInRequest, pk: int | None = None) -> HttpResponse:
    """Answer an edit with the whole editor brought up to date; nothing is saved."""
    template = visible_template(request, pk) if pk is not None else None
    team = template.team if template else _team_of_new(request)
    require(may(request.user, Action.EDIT_TEMPLATE, team=team))
    page: dict[str, Any] = {"team": team, "message": MessageForm(initial=request.POST.dict())}
    if template:
        latest = latest_version(template)
        is_latest = request.POST.get("base", str(latest.number)) == str(latest.number)
        base = latest if is_latest else _named(request, template, "base")
        page |= {"template": template, "base": base, "latest": latest}
    else:
        page |= {"name": NameForm(initial=request.POST.dict())}
    edit = _posted(request, team=team)
    try:
        page["draft"] = _kept(request, edit, team=team, template=template, base=page.get("base"))
    except (Invalid, TooManyDrafts) as refusal:
        page["not_kept"] = refusal  # the editor goes on and says so
    return editor_page(request, edit, part="#editor", **page)


@require_POST
def check_with_cloud(request: SignedInRequest, pk: int | None = None) -> HttpResponse:
    """Have the cloud of an edit checked for its launch, and answer with the panel of answers."""
    template = visible_template(request, pk) if pk is not None else None
    team = template.team if template else _team_of_new(request)
    require(may(request.user, Action.EDIT_TEMPLATE, team=team))
    subject = f"draft of {template.name if template else request.POST.get('name', 'a template')}"
    context: dict[str, Any] = {}
    try:
        edit = _posted(request, team=team)
        if edit.has_errors:
            raise Invalid.at("text", "Correct the errors above first, then check again.")
        context["check"] = check_config(edit.draft, team=team, subject=subject, by=request.user)
    except (Invalid, WrongState) as refusal:
        context["refusal"] = refusal.messages
    return render(request, "clouds/check_panel.html", context)


def _kept(
    request: SignedInRequest,
    edit: Edit,
    *,
    team: Team,
    template: Template | None,
    base: Version | None,
) -> Draft | None:
    """Keep what was typed as a draft; a text that is as it was opened needs none."""
    draft = own_draft(request, request.POST.get("draft", ""), team=team, template=template)
    if draft is None and edit.text == (base.text if base else DEFAULT_TEXT):
        return None
    given = {name: request.POST.get(name, "") for name in ("message", "rationale", "name")}
    typed = DraftContent(text=edit.text, **given)
    number = base.number if base else 0
    return keep(typed, draft=draft, team=team, template=template, base=number, by=request.user)


@require_http_methods(["GET"])
def draft(request: SignedInRequest, pk: int) -> HttpResponse:
    """Open the editor on a draft of one's own."""
    found = own_draft(request, str(pk))
    if found is None:
        raise Http404("You have no such draft.")
    require(may(request.user, Action.EDIT_TEMPLATE, team=found.team))
    typed = {"name": found.name, "message": found.message, "rationale": found.rationale}
    page: dict[str, Any] = {"team": found.team, "draft": found}
    page["message"] = MessageForm(initial=typed)
    if found.template:
        rows = found.template.versions.select_related("author", "template")
        page |= {"template": found.template, "base": rows.filter(number=found.base).first()}
        page["base"] = page["base"] or latest_version(found.template)
    else:
        page |= {"name": NameForm(initial={"name": found.name or _free_name(found.team)})}
    return editor_page(request, begin(found.text, team=found.team), **page)


@require_POST
def discard_draft(request: SignedInRequest, pk: int) -> HttpResponse:
    """Forget a draft of one's own."""
    found = own_draft(request, str(pk))
    if found is None:
        raise Http404("You have no such draft.")
    discard(found, by=request.user)
    messages.success(request, "Draft discarded.")
    return redirect("configurations:templates")


def _team_of_new(request: SignedInRequest) -> Team:
    """Return the team of a new template: switching teams moves no draft from one to another."""
    found = own_draft(request, request.POST.get("draft", ""))
    return found.team if found and found.template_id is None else current_team(request)


def _forget_draft(
    request: SignedInRequest, *, team: Team, template: Template | None = None
) -> None:
    """What is saved as a version needs no draft any more."""
    given = request.POST.get("draft", "")
    if found := own_draft(request, given, team=team, template=template):
        discard(found, by=request.user)


def _posted(request: SignedInRequest, *, team: Team) -> Edit:
    data = request.POST
    action = data.get("do", "")
    acted = act(data, action, environments=environment_names(team)) if action else data
    edit = read_edit(acted, team=team)
    if action.startswith("part:"):
        return other_part(edit, action, team=team)
    return fixed(edit, action, team=team) if action.startswith("fix:") else edit


def _is_ready(edit: Edit, *forms: NameForm | MessageForm) -> bool:
    """Whether all of it is valid; each form is asked, so that all errors show at once."""
    return all(form.is_valid() for form in forms) and not edit.has_errors


def _named(request: SignedInRequest, template: Template, field: str) -> Version:
    """Return the version whose number is in `field`, or raise Http404."""
    number = request.POST.get(field, "")
    rows = template.versions.select_related("author", "template")
    return get_object_or_404(rows, number=int(number) if number.isdecimal() else 0)


def _free_name(team: Team) -> str:
    taken = set(Template.objects.filter(team=team).values_list("name", flat=True))
    names = ["starter", *(f"starter-{number}" for number in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)
