"""Tasks of workspaces: ids in, three lines long."""

from __future__ import annotations

from contextlib import suppress

from celery import shared_task
from django.db import transaction
from kombu.exceptions import OperationalError

from clusters.models import Workspace
from clusters.workspaces import access, files


@shared_task  # type: ignore[untyped-decorator]
def sweep() -> None:
    """Ask for every workspace whose files are due: a lost message costs seconds."""
    for workspace_id in files.due():
        look_after.apply_async((workspace_id,), expires=10)


@shared_task(  # type: ignore[untyped-decorator]
    soft_time_limit=files.COPY_SECONDS, time_limit=files.COPY_SECONDS + 60
)
def look_after(workspace_id: str) -> None:
    """List, copy or remove the files of a workspace."""
    files.look_after(workspace_id)


@shared_task  # type: ignore[untyped-decorator]
def forget_tickets() -> None:
    """Remove used links that are no good any more by their age."""
    access.forget_tickets()


def ask_for_copy(workspace: Workspace) -> None:
    """Have the files of a clone copied after the commit; the sweep asks again."""
    workspace_id = str(workspace.pk)
    transaction.on_commit(lambda: _ask(workspace_id))


def _ask(workspace_id: str) -> None:
    # While the broker is away, the sweep asks again.
    with suppress(OperationalError, OSError):
        look_after.apply_async((workspace_id,), expires=10, retry=False)
