"""Open JupyterLab, and run a file as a job."""

from __future__ import annotations

import shlex

from django.conf import settings
from django.db import transaction

from accounts.errors import Invalid, NotFound, TryLater, WrongState
from accounts.models import User
from accounts.permissions import require
from accounts.services import record
from clusters.models import Job, Workspace
from clusters.services.workspaces.creating import NO_ADDRESS
from clusters.services.workspaces.rights import may_use, require_visible
from clusters.submission import submit_command
from clusters.workspaces import addresses
from clusters.workspaces.access import Closed, Guest, make_ticket, upstream_of
from clusters.workspaces.files import content_of
from clusters.workspaces.shown import explanation, is_open
from providers.base import ProviderError

RUNNERS = {".py": "python", ".sh": "bash"}


def open_workspace(workspace: Workspace, *, session: str, by: User) -> str:
    """Return a link that opens JupyterLab once, within a minute.

    `session` is the hash of the key of the session in Mobula: when that ends, access does too.
    """
    require(may_use(by, workspace))
    if not settings.WORKSPACES_URL:
        raise WrongState(NO_ADDRESS)
    guest = Guest(user_id=by.pk, session=session)
    found = upstream_of(workspace.pk, guest)
    if isinstance(found, Closed):
        raise WrongState(found.reason)
    if not is_open(workspace):
        told = explanation(workspace) or "It is still starting. Try again in a moment."
        raise WrongState(f"JupyterLab of {workspace} does not run. {told}")
    record("workspace.opened", actor=by, team=workspace.team, subject=workspace)
    return addresses.entrance(workspace, make_ticket(workspace, guest))


def read_file(workspace: Workspace, *, path: str, by: User) -> bytes:
    """Return a file of a workspace that is the user's own or shared with them.

    Raises `NotFound` for what cannot be read, and `TryLater`.
    """
    require_visible(workspace, by)
    try:
        return content_of(workspace, path)
    except ProviderError as error:
        if error.retryable:
            raise TryLater(str(error), retry_seconds=10) from error
        raise NotFound(str(error)) from error


@transaction.atomic
def run_file(workspace: Workspace, *, path: str, by: User) -> Job:
    """Return the Ray job that runs a file of the workspace, in its folder and with its packages."""
    require(may_use(by, workspace))
    if workspace.cluster is None:
        raise WrongState(f"{workspace} was never started.")
    runner = RUNNERS.get("." + path.rpartition(".")[2])
    if runner is None:
        raise Invalid.at("path", f"{path} cannot be run: choose a .py or .sh file.")
    if not any(file["path"] == path and not file["is_folder"] for file in workspace.files):
        raise Invalid.at("path", f"{workspace} has no file {path}. Save it, and reload the page.")
    name = f"./{path}" if path.startswith("-") else path  # else it is an option of the program
    job = submit_command(
        workspace.cluster,
        f"{runner} {shlex.quote(name)}",
        workload="file",
        in_workspace=True,
        by=by,
    )
    after = {"workspace": workspace.name, "file": path}
    record("job.submitted", actor=by, team=workspace.team, subject=job, after=after)
    return job
