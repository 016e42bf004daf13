"""What was installed in a workspace, as lines of requirements for an image."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

FROM_INDEX, FROM_FILE = "index", "file"
_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_FULL_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """A package that was installed since the start."""

    name: str
    version: str
    before: str = ""  # the version in the image; "": it had none
    source: str = FROM_INDEX  # FROM_INDEX, FROM_FILE, or the address that it came from

    @property
    def line(self) -> str:
        """The package as a requirement."""
        return f"{self.name}=={self.version}"

    @property
    def doubt(self) -> str:
        """Why an image that is built from the line may lack it; "": nothing speaks against it."""
        if not _FULL_NAME.match(self.name) or not _is_version(self.version):
            return "Its name or version is not one that pip can install."
        if "+" in self.version:
            return "A local version: no index may have it."
        if self.source == FROM_FILE:
            return "Installed from a file: the image is built from an index, which must have it."
        if self.source != FROM_INDEX:
            return f"Installed from {self.source}: the image is built from an index."
        return ""

    @property
    def can_be_built(self) -> bool:
        """Whether the line is a requirement at all."""
        return bool(_FULL_NAME.match(self.name)) and _is_version(self.version)


def with_captured(requirements: str, packages: Sequence[Captured]) -> str:
    """Return the requirements with these packages, each instead of what named it before."""
    names = {canonicalize_name(one.name) for one in packages}
    kept = [line for line in requirements.splitlines() if _named(line) not in names]
    while kept and not kept[-1].strip():
        kept.pop()
    return "".join(f"{line}\n" for line in [*kept, *(one.line for one in packages)])


def chosen_from(packages: Iterable[Captured], names: Iterable[str]) -> list[Captured]:
    """Return the packages of these names, in their order."""
    wanted = {canonicalize_name(name) for name in names}
    return [one for one in packages if canonicalize_name(one.name) in wanted]


def _named(line: str) -> str:
    found = _NAME.match(line)
    # Addresses and options name no package at their beginning, and extras belong to the name.
    return canonicalize_name(found[1]) if found else ""


def _is_version(text: str) -> bool:
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True
