"""The files that a build may copy into its image: none, those of a ZIP file, or of a commit."""

from __future__ import annotations

import hashlib
import ipaddress
import json
from collections.abc import Collection, Sequence
from enum import StrEnum
from urllib.parse import urlsplit

from domain.promotions.archives import MIB, Bounds, File
from domain.promotions.code import wrong_folder, wrong_ref, wrong_url

CONTEXT_BOUNDS = Bounds(
    packed_bytes=12 * MIB, unpacked_bytes=64 * MIB, files=5_000, purpose="the build", ratio=100
)


class ContextKind(StrEnum):
    """Where the files come from."""

    ZIP = "zip"
    GIT = "git"


def wrong_context_url(
    url: str, *, http_hosts: Collection[str] = (), private_hosts: Collection[str] = ()
) -> str:
    """Return what is wrong with the URL of a repository that builds fetch, or "".

    Plain HTTP is accepted from `http_hosts` alone, and this host and private networks where
    `private_hosts` name them.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "This is no URL. Write it like https://github.com/acme/model.git."
    if url and parts.scheme != "https" and not (parts.scheme == "http" and host in set(http_hosts)):
        return f"'{(parts.scheme or url)[:40]}' is not accepted. Use an https:// URL."
    if reason := wrong_url(url, http_hosts=http_hosts):
        return reason
    if host not in set(private_hosts) and (host == "localhost" or is_private(host)):
        return private_host(host)
    return ""


def is_private(address: str) -> bool:
    """Return whether this is an address that only this host or a private network has."""
    try:
        return not ipaddress.ip_address(address.partition("%")[0]).is_global
    except ValueError:
        return False  # a name


def private_host(host: str) -> str:
    """Return the sentence that refuses a host on a private network."""
    return (
        f"{host} is on a private network, where builds fetch nothing. An administrator can "
        f"allow it: MOBULA_GIT_PRIVATE_HOSTS={host}."
    )


def wrong_git_place(ref: str, folder: str) -> tuple[str, str]:
    """Return what is wrong with a branch, tag or commit, and with a folder; "" for nothing."""
    return wrong_ref(ref), wrong_folder(folder)


def digest_of(files: Sequence[File]) -> str:
    """Return what names the files: SHA-256 of paths, contents and which can be run, in hex."""
    listed = sorted(
        (file.path, file.is_executable, hashlib.sha256(file.content).hexdigest()) for file in files
    )
    return hashlib.sha256(json.dumps(listed).encode()).hexdigest()
