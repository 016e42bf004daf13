"""The cluster that a page or an operation is about, and the page that says what came of it."""

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404
from django.urls import reverse

from accounts.requests import SignedInRequest
from clusters.models import Cluster
from clusters.queries import clusters


def visible_cluster(request: SignedInRequest, pk: UUID) -> Cluster:
    """Return the cluster for a page, or raise Http404 for strangers."""
    return get_object_or_404(clusters.cluster_for_page(request.user), pk=pk)


def page_of(cluster: Cluster, tab: str = "overview") -> str:
    """Return the address of a tab of the cluster's page."""
    return f"{reverse('clusters:detail', args=[cluster.pk])}?tab={tab}"
