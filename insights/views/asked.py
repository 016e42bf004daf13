"""What the address asks for, checked."""

from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.requests import SignedInRequest
from clusters.models import Cluster


def asked_cluster(request: SignedInRequest) -> Cluster | None:
    """Return the cluster that `?cluster=` names, None without one; a stranger's raises Http404."""
    cluster_id = request.GET.get("cluster")
    if not cluster_id:
        return None
    try:
        pk = UUID(cluster_id)
    except ValueError:
        raise Http404(f"'{cluster_id}' is not a cluster ID.") from None
    visible = Cluster.objects.visible_to(request.user).select_related("version__template", "team")
    return get_object_or_404(visible, pk=pk)


def asked_number(request: SignedInRequest, name: str) -> int | None:
    """Return the id in the parameter `name`, None without one; what is no id raises Http404."""
    text = request.GET.get(name, "")
    if not text:
        return None
    if not text.isdecimal() or not text.isascii() or not 0 < int(text[:20]) < 2**63:
        raise Http404(f"'{text}' is not an ID of a {name}.")
    return int(text)
