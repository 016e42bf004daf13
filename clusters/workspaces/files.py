"""The files of workspaces: listed for their pages, copied into clones, removed at the end."""

from __future__ import annotations

import logging
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

from celery.exceptions import SoftTimeLimitExceeded
from django.db.models import Exists, F, OuterRef, Q
from django.utils.timezone import now

from clouds.drivers import driver_for
from clusters.models import Workspace
from domain.lifecycle import ClusterState
from providers.base import InvalidRequest, ProviderError
from providers.workspaces import KeepsWorkspaces

LIST_EVERY = timedelta(seconds=15)
# What would go away by itself, such as a full disk, is waited for so long by a clone.
COPY_WITHIN = timedelta(minutes=30)
COPY_SECONDS = 25 * 60  # one try
MOST_AT_ONCE = 200
_TOO_LONG = f"Copying took longer than {COPY_SECONDS // 60} minutes."
_REASON_LENGTH = 500
_WAITING = Q(cloned_from__isnull=False, copied_at=None, copy_error="")

if TYPE_CHECKING:
    from django.db.models import QuerySet

log = logging.getLogger(__name__)


def due() -> list[str]:
    """Return the workspaces whose files a worker should look at now."""
    running = Q(cluster__state=ClusterState.RUNNING) & (
        Q(files_at=None) | Q(files_at__lt=now() - LIST_EVERY)
    )
    live = Workspace.objects.filter(running | _WAITING, removed_at=None)
    ended = Q(cluster=None) | Q(cluster__state=ClusterState.TERMINATED)
    removed = Workspace.objects.filter(
        ended,
        ~Exists(_clones().filter(cloned_from=OuterRef("pk"))),
        removed_at__isnull=False,
        files_at__isnull=False,
    )
    longest_ago = F("files_at").asc(nulls_first=True)
    found = (rows.order_by(longest_ago).values_list("pk", flat=True) for rows in (live, removed))
    return [str(pk) for pks in found for pk in pks[:MOST_AT_ONCE]]


def look_after(workspace_id: str) -> None:
    """Do what is due for the files of a workspace; may be repeated or come late."""
    rows = Workspace.objects.select_related("cluster", "cloned_from", "version__template__team")
    workspace = rows.filter(pk=workspace_id).first()
    if workspace is None:
        return
    driver = _driver_of(workspace)
    if driver is None:
        return
    try:
        if workspace.removed_at:
            _remove(workspace, driver)
        elif workspace.is_waiting_for_copy:
            _copy(workspace, driver)
        else:
            _list(workspace, driver)
    except ProviderError as error:
        fields = {"workspace": workspace_id, "error": str(error)}
        log.warning("files of a workspace not reached", extra=fields)
        if not error.retryable or now() - workspace.created_at > COPY_WITHIN:
            _give_up(workspace, str(error))
    except SoftTimeLimitExceeded:
        _give_up(workspace, _TOO_LONG)


def content_of(workspace: Workspace, path: str) -> bytes:
    """Return a file of the workspace; raises `ProviderError`."""
    driver = _driver_of(workspace)
    if driver is None:
        raise InvalidRequest(f"There is no file {path}.")
    return driver.read_file(workspace.pk.hex, path)


def _clones() -> QuerySet[Workspace]:
    """Return the clones that still need the files of what they were cloned from."""
    return Workspace.objects.filter(_WAITING, removed_at=None)


def _give_up(workspace: Workspace, reason: str) -> None:
    if workspace.is_waiting_for_copy:
        rows = Workspace.objects.filter(pk=workspace.pk, copied_at=None)
        rows.update(copy_error=reason[:_REASON_LENGTH])


def _list(workspace: Workspace, driver: KeepsWorkspaces) -> None:
    files = [asdict(file) for file in driver.list_files(workspace.pk.hex)]
    Workspace.objects.filter(pk=workspace.pk).update(files=files, files_at=now())


def _copy(workspace: Workspace, driver: KeepsWorkspaces) -> None:
    if workspace.cloned_from is not None:
        driver.copy_files(workspace.cloned_from.pk.hex, workspace.pk.hex)
    Workspace.objects.filter(pk=workspace.pk).update(copied_at=now())
    _list(workspace, driver)


def _remove(workspace: Workspace, driver: KeepsWorkspaces) -> None:
    if workspace.cluster is not None and workspace.cluster.state != ClusterState.TERMINATED:
        return  # a machine may still write there
    if _clones().filter(cloned_from=workspace).exists():
        return
    driver.remove_files(workspace.pk.hex)
    Workspace.objects.filter(pk=workspace.pk).update(files=[], files_at=None)


def _driver_of(workspace: Workspace) -> KeepsWorkspaces | None:
    """Return the driver of the cloud that the workspace is on, of any cluster it ever had."""
    source: Workspace | None = workspace
    while source is not None and source.cluster is None:
        source = source.cloned_from
    if source is None or source.cluster is None:
        return None
    driver = driver_for(source.cluster.cloud)
    return driver if isinstance(driver, KeepsWorkspaces) else None
