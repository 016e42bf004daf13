"""What a builder of images is asked for and answers with; no builder is named here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


class BuildError(Exception):
    """The build ended without an image; the message is for its author."""


class BuildCanceled(BuildError):
    """Somebody asked for its end."""


class BuildInterrupted(BuildError):
    """Nobody may go on with it here: another worker has it."""


@dataclass(frozen=True, slots=True)
class Login:
    """With what Mobula signs in to a registry."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildLimits:
    """What a build may use before it is ended."""

    seconds: float
    disk_bytes: int  # of layers and cache of one team


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildSpec:
    """One build; `name` is used once and never again."""

    name: str
    cache: str  # builds with the same share layers: those of one team
    dockerfile: str
    location: str  # where the image goes: host/repository:tag
    limits: BuildLimits
    context: Path | None = None  # a folder with its files
    platform: str = ""  # linux/arm64; "" is this host's
    logins: Mapping[str, Login] = field(default_factory=dict)  # by host of the registry
    certificates: Mapping[str, str] = field(
        default_factory=dict
    )  # PEM, by host: who signed its own
    plain_hosts: frozenset[str] = frozenset()  # registries on this host, without TLS
    secrets: Mapping[str, bytes] = field(default_factory=dict)  # mounted, in no layer
    remote: str = ""  # what an earlier worker called it at the builder


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A package in an image."""

    kind: str  # pip or apt
    name: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What is in an image."""

    packages: Sequence[Package]
    python_version: str  # of the Python that has Ray: "3.12"; "" without Ray

    def version_of(self, name: str) -> str:
        """Return the version of a Python package, "" where it is not among them."""
        found = (one.version for one in self.packages if (one.kind, one.name) == ("pip", name))
        return next(found, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltImage:
    """An image that the builder has pushed."""

    digest: str  # as the builder says it; the registry is asked apart
    contents: Contents


class BuildWatcher(Protocol):
    """Who looks on: gets the log, and says when to stop; asked at least each second."""

    def write(self, output: bytes) -> None:
        """Take a piece of the log."""

    def call_it(self, remote: str) -> None:
        """Take the name that the builder gave it: another worker may have to go on."""

    def inspect(self, contents: Contents) -> None:
        """Look at what is in the image; raises `BuildError` where it must not be pushed."""

    def begin_push(self) -> None:
        """Hear that all steps are done."""

    def check(self) -> None:
        """Raise `BuildCanceled` or `BuildInterrupted` when it is to stop."""


class ImageBuilder(Protocol):
    """Builds an image and pushes it."""

    kind: str

    def unavailable(self) -> str:
        """Return why it cannot build here, with the way out; "" where it can."""

    def build(self, spec: BuildSpec, watcher: BuildWatcher) -> BuiltImage:
        """Return the image once it is pushed; raises `BuildError`, and then leaves nothing."""

    def clean(self, name: str) -> None:
        """Remove what a build left whose worker is gone."""
