"""The cluster that a page or an operation is about, and how an operation is answered."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from accounts.permissions import Action, may, require
from accounts.requests import SignedInRequest
from clusters.models import Cluster
from clusters.queries import clusters
from clusters.services.operating import NotNow
from clusters.transitions import StateChanged
from domain.lifecycle import MoveNotAllowed


def visible_cluster(request: SignedInRequest, pk: UUID) -> Cluster:
    """Return the cluster for a page, or raise Http404 for strangers."""
    return get_object_or_404(clusters.cluster_for_page(request.user), pk=pk)


def operable_cluster(request: SignedInRequest, pk: UUID) -> Cluster:
    """Return the cluster for an operation; raises Http404 for strangers, 403 without the right."""
    cluster = visible_cluster(request, pk)
    require(may(request.user, Action.OPERATE, team=cluster.team))
    return cluster


def perform(
    request: SignedInRequest, cluster: Cluster, act: Callable[[], object], *, done: str, tab: str
) -> HttpResponse:
    """Call the service; say on the cluster's page what came of it."""
    try:
        act()
    except (NotNow, StateChanged, MoveNotAllowed) as error:
        messages.error(request, str(error))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, done)
    return redirect(f"{reverse('clusters:detail', args=[cluster.pk])}?tab={tab}")


def problems_of(form: Form) -> str:
    """Return what is wrong with a form that has no page of its own to show it on."""
    return " ".join(
        f"{form.fields[name].label}: {error}"
        for name, errors in form.errors.items()
        for error in errors
    )
