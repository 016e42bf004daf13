"""What a user enters for a version that Mobula builds: a Dockerfile, or requirements."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from accounts.errors import FieldError
from accounts.models import Team
from domain.images.requirements import read_requirements
from domain.images.states import ImageSource
from domain.problems import has_errors
from images.models import Registry

MOST_DOCKERFILE = 256 * 1024
MOST_MESSAGE = 200
_MINOR = re.compile(r"3\.\d{1,2}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftContent:
    """A container image: its Dockerfile, and the registry that it is pushed to."""

    source: ClassVar = ImageSource.DOCKERFILE
    dockerfile: str
    registry: Registry | None
    message: str = ""

    def columns(self) -> Mapping[str, object]:
        """Return what the row of the version says."""
        return {
            "dockerfile": self.dockerfile,
            "registry": self.registry,
            "message": self.message.strip(),
        }

    def wrong(self, team: Team | None) -> Iterator[FieldError]:
        """Yield what is wrong with it for that team."""
        text = self.dockerfile
        if not text.strip():
            yield FieldError("dockerfile", "The Dockerfile is empty. Begin with FROM.")
        if len(text) > MOST_DOCKERFILE:
            most = MOST_DOCKERFILE // 1024
            yield FieldError("dockerfile", f"The Dockerfile is longer than {most} KiB.")
        if "\0" in text:
            yield FieldError("dockerfile", "The Dockerfile has null characters. Remove them.")
        usable = Registry.objects.usable_by(team) if team else Registry.objects.filter(team=None)
        if self.registry is None or not usable.filter(pk=self.registry.pk).exists():
            yield FieldError("registry", "Choose a registry that the image is pushed to.")
        yield from _wrong_message(self.message)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentContent:
    """A virtual environment on Mobula's own host: its Python such as "3.13", and what is in it."""

    source: ClassVar = ImageSource.VIRTUAL_ENVIRONMENT
    python: str
    requirements: str
    message: str = ""

    def columns(self) -> Mapping[str, object]:
        """Return what the row of the version says."""
        return {
            "python_version": self.python,
            "requirements": self.requirements,
            "message": self.message.strip(),
        }

    def wrong(self, team: Team | None) -> Iterator[FieldError]:  # noqa: ARG002 - as the other
        """Yield what is wrong with it, for any team."""
        if not _MINOR.match(self.python):
            yield FieldError("python", "Choose a Python, such as 3.13.")
        problems = read_requirements(self.requirements)[1]
        for problem in problems:
            if has_errors([problem]):
                yield FieldError("requirements", f"{problem.message} {problem.hint}".strip())
        yield from _wrong_message(self.message)


type Content = DraftContent | EnvironmentContent


def _wrong_message(message: str) -> Iterator[FieldError]:
    if len(message) > MOST_MESSAGE:
        yield FieldError("message", f"At most {MOST_MESSAGE} characters.")
