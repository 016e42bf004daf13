"""What was installed in a workspace since the start, and what its image consists of."""

from __future__ import annotations

from clusters.models import Workspace
from domain.images.captured import Captured
from domain.images.states import ImageSource


def installed_in(workspace: Workspace) -> list[Captured]:
    """Return what the agent reported last; what was installed stays known after a stop."""
    told = workspace.cluster.run.workspace if workspace.cluster else {}
    return [
        Captured(
            name=one["name"],
            version=one["version"],
            before=one["before"],
            source=one["source"] or "index",
        )
        for one in told.get("packages", ())
    ]


def base_requirements(workspace: Workspace) -> str:
    """Return the requirements that the workspace's image was built from.

    The Ray that is installed beside Mobula has none: it is Ray and JupyterLab of these versions.
    """
    image = workspace.image_version
    if image.source == ImageSource.VIRTUAL_ENVIRONMENT:
        return image.requirements
    told = workspace.cluster.run.workspace if workspace.cluster else {}
    jupyter = told.get("jupyterlab", "")
    lines = [f"ray[default]=={image.ray_version}", f"jupyterlab=={jupyter}" if jupyter else ""]
    return "".join(f"{line}\n" for line in lines if line)
