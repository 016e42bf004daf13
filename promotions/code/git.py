"""The code of a test workload from a Git repository, within the bounds of a working directory."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from domain.promotions.archives import File
from domain.promotions.code import GitSource, wrong_ref, wrong_url
from providers.git import Git, GitError, files_of

SECONDS = 60.0  # for all commands of one fetch together
MOST_REPOSITORY_BYTES = 200 * 2**20  # of what the server sends: one commit, packed

__all__ = ["Checkout", "GitError", "fetch"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """The files of a folder, and the commit that they are of."""

    commit: str
    files: Sequence[File]


def fetch(source: GitSource) -> Checkout:
    """Return the files of `source` as they are now; raises `GitError` or `BadArchive`."""
    # Checked when it was entered, too: what is accepted may have changed since.
    if reason := wrong_url(source.url, http_hosts=settings.GIT_HTTP_HOSTS) or wrong_ref(source.ref):
        raise GitError(reason)
    with tempfile.TemporaryDirectory(prefix="mobula-git-") as directory:
        git = Git(
            Path(directory),
            source.url,
            seconds=SECONDS,
            most_bytes=MOST_REPOSITORY_BYTES,
            credentials=settings.GIT_CREDENTIALS.get(urlsplit(source.url).hostname or "", ""),
        )
        commit = git.fetch(source.ref)
        return Checkout(commit=commit, files=files_of(git, commit, folder=source.folder))
