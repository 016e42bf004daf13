"""Where an image is, by Docker's grammar: [registry/]repository[:tag][@digest]."""

from __future__ import annotations

import re
from dataclasses import dataclass

HUB = "docker.io"
FORM = "[registry/]repository[:tag][@sha256:digest]"
_EXAMPLE = "registry.example.org/ml/train:1.4"
_LATEST = "latest"
_MOST_LETTERS = 500
_LONGEST_NAME = 255

_COMPONENT = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:]+\])(?::[0-9]{{1,5}})?")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_HIGHEST_PORT = 65_535


class WrongImageUri(ValueError):
    """This names no image; the message says which part is wrong, and what it must look like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageUri:
    """An image in a registry. `tag` and `digest` are "" where the URI has none."""

    host: str  # as images name it, with its port; "docker.io" where they name none
    repository: str  # "library/ray" for the "ray" of Docker Hub
    tag: str = ""
    digest: str = ""

    @property
    def reference(self) -> str:
        """What a registry is asked for: the digest, else the tag, else "latest"."""
        return self.digest or self.tag or _LATEST

    @property
    def name(self) -> str:
        """Return it without tag and digest, with its registry."""
        return f"{self.host}/{self.repository}"

    def at(self, digest: str) -> ImageUri:
        """Return the same image, pinned to a digest."""
        return ImageUri(host=self.host, repository=self.repository, tag=self.tag, digest=digest)

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.name}{tag}{f'@{self.digest}' if self.digest else ''}"


def read_uri(text: str) -> ImageUri:
    """Return where an image such as "registry.example.org/ml/train:1.4" is.

    Raises `WrongImageUri` with the part at fault and the form.
    """
    text = text.strip()
    if not text:
        raise WrongImageUri(f"Enter an image URI such as {_EXAMPLE}.")
    if len(text) > _MOST_LETTERS:
        raise _wrong(f"{text[:40]}…", f"is longer than {_MOST_LETTERS} characters")
    if "://" in text:
        raise _wrong(text, "starts with a protocol; leave it out")
    name, at, digest = text.partition("@")
    if at and not _DIGEST.fullmatch(digest):
        raise _wrong(
            text, f"has the digest '{digest}', which is not sha256: and 64 digits of 0-9a-f"
        )
    host, path = _split(name)
    path, colon, tag = path.partition(":")
    if colon and not _TAG.fullmatch(tag):
        raise _wrong(
            text, f"has the tag '{tag}', which is not 1 to 128 letters, digits, '_', '.' and '-'"
        )
    _check_host(text, host)
    _check_path(text, path)
    if host == HUB and "/" not in path:
        path = f"library/{path}"
    return ImageUri(host=host, repository=path, tag=tag, digest=digest)


def wrong_host(host: str) -> str:
    """Return what is wrong with a registry's host, with the way out; "" where nothing is."""
    _, _, port = host.rpartition(":") if not host.endswith("]") else ("", "", "")
    too_high = port.isdecimal() and not 0 < int(port) <= _HIGHEST_PORT
    if _HOST.fullmatch(host) and not too_high:
        return ""
    return (
        f"“{host}” is not the host of a registry. Enter it as images name it, with its port and "
        "without https:// or a path, such as registry.example.org:5000."
    )


def wrong_prefix(prefix: str) -> str:
    """Return what is wrong with a prefix of repositories, with the way out; "" if nothing is."""
    if not prefix or all(map(_COMPONENT.fullmatch, prefix.split("/"))):
        return ""
    return (
        f"“{prefix}” cannot begin the name of a repository. Use lowercase letters, digits, '.', "
        "'_' and '-', in parts joined by /, such as ml/images."
    )


def _split(name: str) -> tuple[str, str]:
    first, slash, rest = name.partition("/")
    is_host = bool(slash) and (
        "." in first or ":" in first or first == "localhost" or first != first.lower()
    )
    if not is_host:
        return HUB, name
    return (HUB if first == f"index.{HUB}" else first), rest


def _check_host(text: str, host: str) -> None:
    if wrong_host(host):
        raise _wrong(text, f"has the registry '{host}', which is not a host with an optional port")


def _check_path(text: str, path: str) -> None:
    for part in path.split("/"):
        if not _COMPONENT.fullmatch(part):
            raise _wrong(
                text,
                f"has '{part}' in the name of its repository, which takes lowercase letters and "
                "digits, joined by '.', '_' or '-'",
            )
    if len(path) > _LONGEST_NAME:
        raise _wrong(text, f"has a repository name longer than {_LONGEST_NAME} characters")


def _wrong(text: str, why: str) -> WrongImageUri:
    return WrongImageUri(f"“{text}” {why}. An image URI is {FORM}, such as {_EXAMPLE}.")
