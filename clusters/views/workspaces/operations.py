"""What people do to a workspace: each answers a POST with a redirect to a page."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.answers import perform, submit
from accounts.permissions import require
from accounts.requests import SignedInRequest
from accounts.sessions import key_hash
from clusters.services.workspaces import capturing, creating, operating, using
from clusters.services.workspaces.rights import may_use
from clusters.views.workspaces.detail import page_of, removable_workspace, visible_workspace
from clusters.views.workspaces.forms import CaptureForm, NameForm, RunForm, ShareForm
from clusters.workspaces.captured import installed_in


@require_POST
def open_jupyter(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Lead to JupyterLab by a link that is good once."""
    row = visible_workspace(request, pk)
    session = key_hash(request.session.session_key or "")
    found: list[str] = []
    answer = perform(
        request,
        lambda: found.append(using.open_workspace(row, session=session, by=request.user)),
        done="JupyterLab opened in another tab.",
        to=page_of(row),
    )
    return HttpResponseRedirect(found[0]) if found else answer


@require_POST
def start(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Start the workspace."""
    row = visible_workspace(request, pk)
    return perform(
        request,
        lambda: creating.start_workspace(row, by=request.user),
        done=f"Starting {row}.",
        to=page_of(row),
    )


@require_POST
def stop(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Stop the workspace; its files stay."""
    row = visible_workspace(request, pk)
    return perform(
        request,
        lambda: operating.stop_workspace(row, by=request.user),
        done=f"Stopping {row}.",
        to=page_of(row),
    )


@require_POST
def delete(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Terminate the cluster and delete the files."""
    row = removable_workspace(request, pk)
    return perform(
        request,
        lambda: operating.remove_workspace(row, by=request.user),
        done=f"Deleted {row}.",
        to=reverse("clusters:workspaces"),
    )


@require_POST
def share(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Let the team read the page, or no longer."""
    row = visible_workspace(request, pk)
    form = ShareForm(request.POST)
    return perform(
        request,
        lambda: operating.share_workspace(row, **form.cleaned_data, by=request.user),
        form=form,
        done=lambda _: (
            f"{row.team} can read this page and the files."
            if form.cleaned_data["is_shared"]
            else f"{row} is no longer shared."
        ),
        to=page_of(row),
    )


@require_POST
def clone(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Make a workspace of the user's own with a copy of the files."""
    row = visible_workspace(request, pk)
    form = NameForm(request.POST)
    return perform(
        request,
        lambda: creating.clone_workspace(row, **form.cleaned_data, by=request.user),
        form=form,
        done=lambda made: f"Copying the files of {row} to {made}.",
        to=page_of(row),
        then=page_of,
    )


@require_POST
def run_file(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Run a file as a Ray job of the workspace's cluster."""
    row = visible_workspace(request, pk)
    form = RunForm(request.POST)
    return perform(
        request,
        lambda: using.run_file(row, **form.cleaned_data, by=request.user),
        form=form,
        done=lambda job: f"Submitted {job.submission_id}.",
        to=page_of(row),
        then=lambda job: reverse("clusters:job", args=[job.cluster_id, job.pk]),
    )


@require_http_methods(["GET", "POST"])
def capture(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """List what was installed since the start, and make an image of what is selected."""
    row = visible_workspace(request, pk)
    require(may_use(request.user, row))
    installed = installed_in(row)
    image = row.image_version.image
    initial = {
        "packages": [one.name for one in installed if one.can_be_built and not one.doubt],
        "image": image.name if image.team_id == row.team_id else row.name,
    }
    form = CaptureForm(request.POST or None, initial=initial, packages=installed)
    if request.method == "POST":
        made = submit(
            form,
            lambda given: capturing.capture_workspace(row, **given, by=request.user),
        )
        if made:
            address = reverse("configurations:draft", args=[made.draft.pk])
            messages.success(
                request,
                f"{made.image} is being built. This draft names it: save it once the image is "
                "ready.",
            )
            return redirect(address)
    chosen = set(form["packages"].value() or ())
    context = {
        "workspace": row,
        "crumbs": [("Workspaces", reverse("clusters:workspaces")), (row.name, page_of(row))],
        "form": form,
        "installed": [{"package": one, "is_chosen": one.name in chosen} for one in installed],
        "refusal": capturing.can_be_captured(row),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "clusters/workspaces/capture.html", context, status=status)
