"""Where JupyterLab of a workspace is reached: at an origin that is not Mobula's.

With a `*` in MOBULA_WORKSPACES_URL each workspace has a host of its own, and browsers keep one
away from another; without, all share one host, which still is not Mobula's.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings

from clusters.models import Workspace

ENTER = "-/enter"
_PATH = re.compile(r"/workspaces/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(/.*)\Z", re.DOTALL)


def origin_of(workspace_id: UUID) -> str:
    """Return the origin of a workspace, such as "https://1f…0c.workspaces.example.org"."""
    return str(settings.WORKSPACES_URL).replace("*", workspace_id.hex)


def any_origin() -> str:
    """Return all origins of workspaces as a Content Security Policy names them."""
    return str(settings.WORKSPACES_URL)


def has_own_hosts() -> bool:
    """Return whether each workspace has a host of its own."""
    return "*" in str(settings.WORKSPACES_URL)


def is_secure() -> bool:
    """Return whether browsers reach workspaces by HTTPS."""
    return str(settings.WORKSPACES_URL).startswith("https://")


def entrance(workspace: Workspace, ticket: str) -> str:
    """Return the link that opens the workspace once."""
    return f"{origin_of(workspace.pk)}{workspace.base_path}{ENTER}?ticket={ticket}"


def asked_for(host: str, path: str) -> tuple[UUID, str] | None:
    """Return the workspace and the path below its own; None where the host or path is no one's."""
    found = _PATH.match(path)
    if found is None:
        return None
    workspace_id = UUID(found[1])
    if host.lower() != urlsplit(origin_of(workspace_id)).netloc.lower():
        return None
    return workspace_id, found[2]
