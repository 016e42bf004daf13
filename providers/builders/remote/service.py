"""What a service that builds elsewhere is asked for; no service is named here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from providers.builders.base import BuildSpec


class Outcome(StrEnum):
    """How a build ended there."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a build is."""

    mark: str  # begins the lines of its log that are meant for Mobula
    phases: Sequence[str] = ()  # what has begun, in sentences, in order
    outcome: Outcome | None = None  # None while it runs
    reason: str = ""  # why there is no image
    digest: str = ""  # as the service says it
    ray: str = ""  # version of Ray in the image
    python: str = ""  # version of the Python that has it: 3.12


class RemoteLog(Protocol):
    """The log of one build, read from its beginning."""

    def more(self) -> Sequence[str]:
        """Return the lines that have come since; raises `ProviderError` subclasses."""

    def missing(self) -> str:
        """Return why there is none, with the way out; "" where lines have come."""


class RemoteService(Protocol):
    """A service that builds; its calls have timeouts and are tried again where that may help.

    All raise `ProviderError` subclasses.
    """

    title: str

    def refusal(self, spec: BuildSpec) -> str:
        """Return why it cannot build this, with the way out; "" where it can."""

    def start(self, spec: BuildSpec, *, look: Callable[[], None]) -> str:
        """Return what the service calls the build; asked twice, it starts one only.

        `look` is called again and again while a build context is sent; what it raises is raised.
        """

    def progress(self, remote: str) -> Progress | None:
        """Return how far a build is; None where the service knows none of this name."""

    def log(self, remote: str) -> RemoteLog:
        """Return its log, of which nothing is read yet."""

    def stop(self, remote: str) -> None:
        """End a build; what has ended already is left as it is."""

    def find(self, name: str) -> Sequence[str]:
        """Return what it calls the builds of that name which have not ended."""

    def tidy(self, name: str) -> None:
        """Remove what was sent there for a build of that name."""
