"""The files of workspaces on the fake cloud, in memory."""

from __future__ import annotations

from collections.abc import Sequence

from providers.errors import InvalidRequest
from providers.workspaces import ListedFile


class FakeWorkspaces:
    """Keeps every promise of `KeepsWorkspaces`; `files` is what each workspace has."""

    def __init__(self) -> None:
        self.files: dict[str, list[ListedFile]] = {}
        self.contents: dict[tuple[str, str], bytes] = {}

    def list_files(self, workspace_id: str) -> Sequence[ListedFile]:
        """Return the files, by path."""
        return sorted(self.files.get(workspace_id, ()), key=lambda file: file.path)

    def read_file(self, workspace_id: str, path: str) -> bytes:
        """Return the content of a file."""
        if (workspace_id, path) not in self.contents:
            raise InvalidRequest(f"There is no file {path}.")
        return self.contents[workspace_id, path]

    def copy_files(self, source: str, target: str) -> None:
        """Copy the files of a workspace."""
        self.files[target] = list(self.files.get(source, ()))

    def remove_files(self, workspace_id: str) -> None:
        """Forget the files of a workspace."""
        self.files.pop(workspace_id, None)
