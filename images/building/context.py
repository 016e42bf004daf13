"""The files of a build: from the draft's ZIP file, or fetched from Git, into a folder."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from domain.images.context import (
    CONTEXT_BOUNDS,
    ContextKind,
    digest_of,
    is_private,
    private_host,
    wrong_context_url,
    wrong_git_place,
)
from domain.promotions.archives import BadArchive, File, check_paths, unpacked
from images.models import ContextArchive, ImageVersion
from providers.builders.base import BuildError
from providers.git import Git, GitError, files_of

SECONDS = 120.0  # for all commands of one fetch together
MOST_REPOSITORY_BYTES = 200 * 2**20  # of what the server sends: one commit, packed
_ATTEMPTS = 2
_PAUSE_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The folder with the files, None without files; what names them; what the log says."""

    folder: Path | None = None
    digest: str = ""
    told: str = ""


@contextmanager
def context_of(version: ImageVersion, *, name: str, look: Callable[[], None]) -> Iterator[Context]:
    """Yield the files of a version's build, in a folder that is gone afterwards.

    `name` is the build's, used once; `look` ends a fetch by raising. The commit that a branch or
    tag means is noted in the version. Raises `BuildError`.
    """
    if not version.context:
        yield Context()
        return
    try:
        files, told = _files(version, look)
        check_paths([file.path for file in files])
    except (BadArchive, GitError) as error:
        raise BuildError(f"The build context cannot be used: {error}") from error
    folder = folder_of(name)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        _write(folder, files)
        yield Context(folder=folder, digest=digest_of(files), told=told)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def folder_of(name: str) -> Path:
    """Return where the files of a build are while it runs."""
    return Path(settings.MOBULA_HOME) / "builds" / "contexts" / name


def _files(version: ImageVersion, look: Callable[[], None]) -> tuple[Sequence[File], str]:
    context: Mapping[str, Any] = version.context
    if context["kind"] == ContextKind.ZIP:
        archive = ContextArchive.objects.filter(version=version).first()
        if archive is None:
            raise BadArchive("Its ZIP file is gone. Upload it again.")
        packed = unpacked(bytes(archive.zipped), CONTEXT_BOUNDS)
        return packed, f"Build context: {len(packed):,} files of {context['name']}"
    commit, files = _fetched(context, look)
    version.context = {**context, "commit": commit, "digest": digest_of(files)}
    version.save(update_fields=["context"])
    return files, f"Build context: {len(files):,} files of {context['url']} at commit {commit}"


def _fetched(context: Mapping[str, Any], look: Callable[[], None]) -> tuple[str, Sequence[File]]:
    url, ref, folder = context["url"], context["ref"], context["folder"]
    # Checked when it was entered, too: what is accepted may have changed since.
    reason = wrong_context_url(
        url, http_hosts=settings.GIT_HTTP_HOSTS, private_hosts=settings.GIT_PRIVATE_HOSTS
    )
    if reason := reason or next(filter(None, wrong_git_place(ref, folder)), ""):
        raise GitError(reason)
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return _fetched_once(url, ref, folder, look)
        except GitError as error:
            if not error.retryable or attempt == _ATTEMPTS:
                raise
        look()
        time.sleep(_PAUSE_SECONDS)
    raise AssertionError


def _fetched_once(
    url: str, ref: str, folder: str, look: Callable[[], None]
) -> tuple[str, Sequence[File]]:
    host = urlsplit(url).hostname or ""
    with tempfile.TemporaryDirectory(prefix="mobula-context-") as directory:
        git = Git(
            Path(directory),
            url,
            seconds=SECONDS,
            most_bytes=MOST_REPOSITORY_BYTES,
            credentials=settings.GIT_CREDENTIALS.get(host, ""),
            address=_address_of(host, urlsplit(url).port),
            look=look,
        )
        commit = git.fetch(ref)
        return commit, files_of(git, commit, folder=folder, bounds=CONTEXT_BOUNDS)


def _address_of(host: str, port: int | None) -> str:
    """Return the address that Git is to ask: checked here, so that no other is asked instead.

    Behind a proxy, which looks names up itself, a name that is unknown here is left to it: "".
    """
    try:
        found = socket.getaddrinfo(host, port or 443, type=socket.SOCK_STREAM)
    except OSError as error:
        if os.environ.get("https_proxy") or os.environ.get("HTTPS_PROXY"):
            return ""
        raise GitError(f"The host {host} is unknown: {error.strerror}.", retryable=True) from error
    addresses = [str(one[4][0]) for one in found]
    if host not in settings.GIT_PRIVATE_HOSTS and any(map(is_private, addresses)):
        raise GitError(private_host(host))
    address = next((one for one in addresses if ":" not in one), addresses[0])
    return f"[{address}]" if ":" in address else address


def _write(folder: Path, files: Sequence[File]) -> None:
    folder.mkdir(mode=0o700, parents=True)
    for file in files:
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as opened:
            opened.write(file.content)
        path.chmod(0o755 if file.is_executable else 0o644)
