"""What a driver is told of the workspace that a cluster's head serves, and asked of its files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

MOST_LISTED = 2_000
"""So many files of a workspace are listed."""

MOST_COPIED_BYTES = 10 * 2**30
"""So much is copied into a clone."""

MOST_READ_BYTES = 10 * 2**20
"""So much of a file is read for those whom a workspace is shared with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceRef:
    """A workspace: JupyterLab on the head, and files that outlive the cluster."""

    workspace_id: str  # unique for ever, fit for paths: 32 hex digits
    base_path: str  # below which JupyterLab answers: "/workspaces/<id>/"
    image: str  # packages that users install are kept apart for each image: "42"
    token: str = field(default="", repr=False)  # JupyterLab's; empty for calls that only look
    cull_seconds: int = 0  # an idle kernel is shut down after so long; 0: never


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedFile:
    """A file of a workspace, its path below the directory that JupyterLab shows."""

    path: str
    size_bytes: int
    modified_at: float  # seconds since 1970
    is_folder: bool = False


@runtime_checkable
class KeepsWorkspaces(Protocol):
    """A driver whose heads can serve JupyterLab. Every call raises only `ProviderError`.

    What users wrote is never followed: links are neither listed as what they point to nor copied.
    """

    def list_files(self, workspace_id: str) -> Sequence[ListedFile]:
        """Return the files, by path, at most `MOST_LISTED`; none of a workspace never started."""
        ...

    def read_file(self, workspace_id: str, path: str) -> bytes:
        """Return a file as listed; raises `InvalidRequest` unless it is one of at most
        `MOST_READ_BYTES`.
        """
        ...

    def copy_files(self, source: str, target: str) -> None:
        """Copy the files of a workspace into one that was never started.

        A copy that was made already stays as it is; one that was broken off begins anew.
        """
        ...

    def remove_files(self, workspace_id: str) -> None:
        """Remove all that is kept of the workspace, whose cluster must have ended."""
        ...
