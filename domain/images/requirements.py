"""Requirements of a virtual environment: what pip reads, as far as it is safe to install.

A worker of Mobula installs them on Mobula's own host, from wheels alone. So what reads other files
there, has to be built, or carries a password is refused, each with its line.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import Specifier
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from domain.problems import Problem, error, shown, warning

OLDEST_RAY = Version("2.8.0")
"""The oldest Ray whose head the agent can report for."""

LONGEST = 64 * 1024
"""So many characters are read; longer texts are refused."""

_INDEX = re.compile(r"(--index-url|--extra-index-url)[= ]+(\S+)\Z")
_HASH = re.compile(r"\s--hash[= ]\S+")
_COMMENT = re.compile(r"(^|\s)#.*\Z")
_PATH = "requirements"


@dataclass(frozen=True, slots=True)
class Requirements:
    """What is installed: the lines as pip reads them, and the Ray among them, if it is pinned."""

    lines: tuple[str, ...]
    ray: str

    @property
    def text(self) -> str:
        """What is given to the installer."""
        return "".join(f"{line}\n" for line in self.lines)

    def fingerprint(self, *, python: str) -> str:
        """Return the SHA-256 of what is installed for that Python: the same for the same."""
        content = "\n".join([f"python {python}", *sorted(self.lines)])
        return hashlib.sha256(content.encode()).hexdigest()


def read_requirements(text: str) -> tuple[Requirements, list[Problem]]:
    """Return what is to be installed, and all that is wrong with it, line by line."""
    if len(text) > LONGEST:
        message = f"The requirements have {len(text):,} characters."
        hint = f"Keep them below {LONGEST:,}: one line for each package."
        return Requirements((), ""), [error(_PATH, "requirements-size", message, hint=hint)]
    lines: list[str] = []
    problems: list[Problem] = []
    rays: list[Requirement] = []
    for number, line in _logical(text):
        found = list(_wrong(line, number))
        problems += found
        if found:
            continue
        lines.append(line)
        if (one := _requirement(line)) and canonicalize_name(one.name) == "ray":
            rays.append(one)
    ray = rays[-1] if rays else None
    problems += _wrong_ray(ray)
    return Requirements(tuple(lines), _pinned(ray)), problems


def _logical(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines without comments, continued ones joined, each with its first number."""
    pending, first = "", 0
    for number, raw in enumerate(text.splitlines(), 1):
        line = _COMMENT.sub("", raw)
        first = first or number
        if line.endswith("\\"):
            pending += line[:-1] + " "
            continue
        whole = (pending + line).strip()
        if whole:
            yield first, whole
        pending, first = "", 0
    if pending.strip():
        yield first, pending.strip()


def _wrong(line: str, number: int) -> Iterator[Problem]:
    if line.startswith("-"):
        yield from _wrong_option(line, number)
        return
    try:
        one = Requirement(_HASH.sub("", line))
    except InvalidRequirement:
        hint = "Write a package as pip reads it, such as torch==2.9.0 or ray[default]==2.60.0."
        if line.startswith((".", "/", "~")) or "://" in line.partition("@")[0]:
            hint = "Write name @ https://…, or the name of a package: paths are not read."
        message = f"{shown(line)} is not a requirement."
        yield error(_PATH, "requirement-form", message, hint=f"Line {number}: {hint}")
        return
    if one.url:
        yield from _wrong_url(one.url, line, number)
    elif not one.specifier and canonicalize_name(one.name) != "ray":
        message = f"{one.name} has no version: each build may install another one."
        hint = f"Line {number}: write {one.name}== and its version."
        yield warning(_PATH, "requirement-unpinned", message, hint=hint)


def _wrong_option(line: str, number: int) -> Iterator[Problem]:
    index = _INDEX.match(line)
    if index is None:
        message = f"{shown(line)} is not supported."
        hint = f"Line {number}: only --index-url and --extra-index-url are. List the packages here."
        yield error(_PATH, "requirement-option", message, hint=hint)
        return
    yield from _wrong_url(index[2], line, number)


def _wrong_url(url: str, line: str, number: int) -> Iterator[Problem]:
    try:
        parts = urlsplit(url)
        has_password = bool(parts.username or parts.password)
    except ValueError:
        parts, has_password = urlsplit(""), False
    if parts.scheme != "https" or not parts.hostname:
        message = f"{shown(line)} is not an https:// address."
        hint = f"Line {number}: files, other protocols and sources of Git are not read."
        yield error(_PATH, "requirement-address", message, hint=hint)
    elif has_password:
        # The line would be shown to everybody who sees the image.
        message = "An address in the requirements has a user name or password."
        hint = f"Line {number}: give Mobula's host access to the index instead (pip.conf, .netrc)."
        yield error(_PATH, "requirement-password", message, hint=hint)


def _wrong_ray(ray: Requirement | None) -> Iterator[Problem]:
    if ray is None:
        message = "Ray is not among the requirements."
        yield error(_PATH, "requirement-no-ray", message, hint="Add ray[default]==2.60.0.")
        return
    pinned = _pinned(ray)
    if not pinned:
        message = f"{shown(str(ray))} does not say which Ray."
        yield error(_PATH, "requirement-ray-unpinned", message, hint="Write ray[default]==2.60.0.")
        return
    if Version(pinned) < OLDEST_RAY:
        message = f"Ray {pinned} is too old."
        yield error(
            _PATH, "requirement-ray-old", message, hint=f"Use Ray {OLDEST_RAY} or a later one."
        )
    if "default" not in {canonicalize_name(extra) for extra in ray.extras}:
        message = "Jobs and the dashboard need the extra “default” of Ray."
        yield error(_PATH, "requirement-ray-extra", message, hint=f"Write ray[default]=={pinned}.")


def _pinned(ray: Requirement | None) -> str:
    """Return the one version that the requirement allows, or ""."""
    specifiers: list[Specifier] = list(ray.specifier) if ray else []
    if len(specifiers) != 1 or specifiers[0].operator not in {"==", "==="}:
        return ""
    try:
        return str(Version(specifiers[0].version))
    except InvalidVersion:  # ==2.9.*
        return ""


def _requirement(line: str) -> Requirement | None:
    return None if line.startswith("-") else Requirement(_HASH.sub("", line))
