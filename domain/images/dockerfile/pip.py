"""What the pip commands of a Dockerfile install."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.images.dockerfile.parsing import Instruction
from domain.images.dockerfile.words import commands_of

_REQUIREMENT = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?\s*(.*)", re.DOTALL)
_INSTALLERS = frozenset({"pip", "pip3", "uv"})
_WITH_VALUE = frozenset(
    ["-i", "--index-url", "--extra-index-url", "-f", "--find-links", "-t", "--target", "-c",
     "--constraint", "--constraints", "--prefix", "--root", "--python", "-p", "--timeout",
     "--trusted-host", "--platform", "--no-binary", "--only-binary", "-e", "--editable"]
)  # fmt: skip
_FILES = frozenset({"-r", "--requirement", "--requirements"})


@dataclass(frozen=True, slots=True)
class Requirement:
    """One package of a pip command; `rest` is its version, markers left out."""

    name: str  # in lower case with '-' for '_' and '.'
    rest: str

    def __str__(self) -> str:
        return f"{self.name}{self.rest}"

    @property
    def is_pinned(self) -> bool:
        """Whether it means one version."""
        return self.rest.startswith(("==", "===", "@")) and "*" not in self.rest

    @property
    def version(self) -> str:
        """The one version that it means, or ""."""
        return self.rest.lstrip("=").strip() if self.rest.startswith("==") else ""


@dataclass(frozen=True, slots=True)
class Installed:
    """What a RUN installs with pip; files of requirements cannot be looked into."""

    requirements: Sequence[Requirement]
    has_files: bool


def installed_by(instruction: Instruction) -> Installed:
    """Return what a RUN installs with pip; of another instruction, nothing."""
    if instruction.name != "RUN" or not re.search(r"pip|uv", instruction.script):
        return Installed((), has_files=False)
    script = instruction.script
    if instruction.is_exec_form:
        script = script.strip("[] ").replace('",', '" ')
    requirements: list[Requirement] = []
    has_files = False
    for command in commands_of(script):
        for argument, is_file in _arguments(command):
            has_files |= is_file
            if not is_file and (found := _requirement(argument)):
                requirements.append(found)
    return Installed(requirements, has_files=has_files)


def _arguments(command: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Yield the packages, and the files of requirements, of a command that runs pip install."""
    names = [word.rpartition("/")[2] for word in command[:8]]
    start = next((n for n, name in enumerate(names) if name in _INSTALLERS), None)
    if start is None or "install" not in command[start + 1 : start + 3]:
        return
    rest = iter(command[command.index("install", start) + 1 :])
    for word in rest:
        if word in _FILES:
            yield next(rest, ""), True
        elif word.startswith(("-r", "--requirement=")):
            yield word, True
        elif word in _WITH_VALUE:
            next(rest, "")
        elif not word.startswith("-"):
            yield word, False


def _requirement(argument: str) -> Requirement | None:
    before, at, _ = argument.partition("@")
    if argument.startswith((".", "$")) or "/" in before or ("://" in argument and not at):
        return None
    found = _REQUIREMENT.fullmatch(argument.partition(";")[0].strip())
    if found is None:
        return None
    name = re.sub(r"[-_.]+", "-", found[1]).lower()
    return Requirement(name, found[2].strip())
