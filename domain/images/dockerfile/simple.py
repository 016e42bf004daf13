"""An image that a form describes, and the Dockerfile that builds it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from domain.images.dockerfile.parsing import parse

_BASE = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._-]*(?::[0-9]+)?(?:/[a-z0-9][a-z0-9._-]*)*"
    r"(?::[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(?:@sha256:[0-9a-f]{64})?"
)
_APT = re.compile(r"[a-z0-9][a-z0-9+.-]+(?::[a-z0-9]+)?(?:=[A-Za-z0-9.+:~-]+)?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class SimpleImage:
    """What most images are: a base with packages, variables and some commands."""

    base: str
    apt: tuple[str, ...] = ()
    pip: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    commands: tuple[str, ...] = ()


def wrong_simple(image: SimpleImage) -> Iterator[tuple[str, str]]:
    """Yield the field and the sentence of each value that no Dockerfile can be written with."""
    if not _BASE.fullmatch(image.base):
        yield "base", f"“{image.base}” is no image. Enter one such as rayproject/ray:2.50.0-py312."
    reasons = [
        *(("apt", _wrong_package(one)) for one in image.apt),
        *(("pip", _wrong_requirement(one)) for one in image.pip),
        *(("env", _wrong_variable(name, value)) for name, value in image.env),
        *(("commands", _wrong_command(one)) for one in image.commands),
    ]
    yield from (one for one in reasons if one[1])


def written(image: SimpleImage) -> str:
    """Return the Dockerfile of an image that has nothing wrong; raises ValueError with a reason."""
    for field, reason in wrong_simple(image):
        raise ValueError(f"{field}: {reason}")
    return "\n".join(_lines(image)) + "\n"


def _lines(image: SimpleImage) -> Iterator[str]:
    yield f"FROM {image.base}"
    if image.apt:
        packages = " ".join(image.apt)
        yield "USER root"
        yield (
            "RUN apt-get update && apt-get install -y --no-install-recommends "
            f"{packages} && rm -rf /var/lib/apt/lists/*"
        )
        yield "USER ray"
    for name, value in image.env:
        yield f"ENV {name}={_in_double_quotes(value)}"
    if image.pip:
        requirements = " ".join(_in_single_quotes(one) for one in image.pip)
        yield f"RUN pip install --no-cache-dir {requirements}"
    for command in image.commands:
        yield f"RUN {command}"


def _wrong_package(package: str) -> str:
    if _APT.fullmatch(package):
        return ""
    return f"“{package}” is no Debian package. Enter names such as git or ffmpeg."


def _wrong_requirement(requirement: str) -> str:
    if not _is_one_line(requirement):
        return "A requirement has characters that cannot be printed. Remove them."
    if requirement.startswith("-"):
        return f"“{requirement}” is an option of pip. Use the Dockerfile tab for options."
    return ""


def _wrong_variable(name: str, value: str) -> str:
    if not _VARIABLE.fullmatch(name):
        return f"“{name}” cannot name a variable. Use letters, digits and '_', no digit first."
    if value and not _is_one_line(value):
        return f"The value of {name} has a line break. Use the Dockerfile tab for it."
    return ""


def _wrong_command(command: str) -> str:
    if not _is_one_line(command) or command != command.strip():
        return "A command is one line. Enter each on its own, without spaces around it."
    if command.startswith(("[", "--")):
        return f"“{command}” is no shell command. Use the Dockerfile tab for it."
    read = parse(f"FROM scratch\nRUN {command}\nRUN end")
    if len(list(read.instructions)) != 3 or read.unfinished is not None:
        return f"“{command}” goes on in the next line. Use the Dockerfile tab for it."
    return ""


def _is_one_line(text: str) -> bool:
    return bool(text) and text.isprintable()


def _in_double_quotes(value: str) -> str:
    """Quote for ENV, which replaces variables in double quotes and in none."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    return f'"{escaped}"'


def _in_single_quotes(word: str) -> str:
    """Quote for a shell, always: a requirement such as ray>=2 would write a file."""
    return "'" + word.replace("'", "'\"'\"'") + "'"
