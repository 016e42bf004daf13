"""The page of one change request, and what people do on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HTMX_STOP_POLLING

from accounts.answers import perform, submit
from accounts.requests import SignedInRequest
from promotions import queries
from promotions.forms.requests import ApprovalForm, CommentForm, ReasonForm, SkipForm
from promotions.models import ChangeRequest
from promotions.services.approvals import approve as approve_request
from promotions.services.approvals import reject as reject_request
from promotions.services.releases import pause as pause_request
from promotions.services.releases import resume as resume_request
from promotions.services.releases import roll_back as roll_back_request
from promotions.services.requests import cancel_request, check_request, comment_on, skip_checks
from promotions.views.review_page import live_context, review_context


def _visible(request: SignedInRequest, pk: int) -> ChangeRequest:
    """Return the request for its page, or raise Http404 for strangers."""
    return get_object_or_404(queries.request_for_page(request.user), pk=pk)


def page_of(change: ChangeRequest) -> str:
    """Return the address of a request's page."""
    return reverse("promotions:review", args=[change.pk])


@require_GET
def review(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show one change request; htmx gets what changes alone."""
    change = _visible(request, pk)
    if request.GET.get("part") != "live":
        return render(request, "promotions/review.html", review_context(request, change))
    context = live_context(request, change, seen=request.GET.get("seen", ""))
    status = HTMX_STOP_POLLING if context["is_over"] else 200
    return render(request, "promotions/review.html#live", context, status=status)


@require_POST
def approve(request: SignedInRequest, pk: int) -> HttpResponse:
    """Count an approval of what was shown."""
    return _act(request, pk, approve_request, form=ApprovalForm(request.POST), done="Approved.")


@require_POST
def reject(request: SignedInRequest, pk: int) -> HttpResponse:
    """End the request with a reason."""
    return _act(request, pk, reject_request, form=ReasonForm(request.POST), done="Rejected.")


@require_POST
def check(request: SignedInRequest, pk: int) -> HttpResponse:
    """Make all checks again."""
    return _act(request, pk, check_request, done="The checks run again.")


@require_POST
def skip(request: SignedInRequest, pk: int) -> HttpResponse:
    """Make the request a hotfix that skips checks."""
    done = "This request is a hotfix now. The other checks run again."
    return _act(request, pk, skip_checks, form=SkipForm(request.POST), done=done)


@require_POST
def cancel(request: SignedInRequest, pk: int) -> HttpResponse:
    """End a request that has not been applied yet."""
    return _act(request, pk, cancel_request, form=ReasonForm(request.POST), done="Canceled.")


@require_POST
def pause(request: SignedInRequest, pk: int) -> HttpResponse:
    """Change no further cluster for now."""
    return _act(request, pk, pause_request, done="Paused: no other cluster is changed.")


@require_POST
def resume(request: SignedInRequest, pk: int) -> HttpResponse:
    """Go on with the clusters that do not follow yet."""
    return _act(request, pk, resume_request, done="Resumed.")


@require_POST
def roll_back(request: SignedInRequest, pk: int) -> HttpResponse:
    """Bring the last good release back, and go to the request that does it."""
    change, form = _visible(request, pk), ReasonForm(request.POST)
    return perform(
        request,
        lambda: roll_back_request(change, reason=form.cleaned_data["reason"], by=request.user),
        done=lambda back: f"Rolling back to {back.version}.",
        to=page_of(change),
        then=page_of,
        form=form,
    )


@require_POST
def comment(request: SignedInRequest, pk: int) -> HttpResponse:
    """Write a comment on the request."""
    change, form = _visible(request, pk), CommentForm(request.POST)
    if submit(form, lambda data: comment_on(change, text=data["text"], by=request.user)):
        messages.success(request, "Comment added.")
        return redirect(page_of(change))
    context = review_context(request, change, comment=form)
    return render(request, "promotions/review.html", context, status=422)


def _act(
    request: SignedInRequest,
    pk: int,
    service: Callable[..., object],
    *,
    done: str,
    form: ApprovalForm | ReasonForm | SkipForm | None = None,
) -> HttpResponse:
    """Call a service with the form's values and return to the request's page."""
    change = _visible(request, pk)

    def call() -> object:
        values: dict[str, Any] = form.cleaned_data if form else {}
        return service(change, **values, by=request.user)

    return perform(request, call, done=done, to=page_of(change), form=form)
