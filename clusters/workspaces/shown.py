"""What the pages say of a workspace."""

from __future__ import annotations

from clusters.models import Workspace
from domain.lifecycle import ClusterState

_OF_JUPYTER = {"missing": "no JupyterLab", "failed": "failed", "starting": "starting"}


def shown_state(workspace: Workspace) -> str:
    """Return the state of a workspace in one word or two."""
    cluster = workspace.cluster
    if workspace.is_waiting_for_copy:
        return "failed" if workspace.copy_error else "copying files"
    if cluster is None:
        return "stopped"
    if cluster.state == ClusterState.TERMINATED:
        return "stopped"
    if cluster.state != ClusterState.RUNNING:
        return str(cluster.state)
    told = str(cluster.run.workspace.get("state", "starting"))
    return _OF_JUPYTER.get(told, told)


def explanation(workspace: Workspace) -> str:
    """Return what is wrong and what to do about it; "" where nothing is."""
    if workspace.copy_error:
        return (
            f"The files could not be copied: {workspace.copy_error} Delete this workspace, and "
            "clone again."
        )
    cluster = workspace.cluster
    if cluster is None:
        return ""
    if cluster.state == ClusterState.FAILED:
        why = cluster.run.last_error or "See the page of the cluster."
        return f"The cluster failed: {why}"
    if cluster.state != ClusterState.RUNNING:
        return ""
    told = cluster.run.workspace
    if told.get("state") == "missing":
        return (
            f"The image {cluster.image_version} has no JupyterLab. Add jupyterlab to the "
            "requirements of an environment, build it, and create a workspace with that image."
        )
    return str(told.get("message", "")) if told.get("state") == "failed" else ""


def is_open(workspace: Workspace) -> bool:
    """Return whether JupyterLab can be opened now."""
    cluster = workspace.cluster
    return (
        cluster is not None
        and cluster.state == ClusterState.RUNNING
        and cluster.run.workspace.get("state") == "running"
    )
