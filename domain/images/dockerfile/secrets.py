"""Keys and passwords that a Dockerfile would leave in the image for everybody who pulls it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from domain.images.dockerfile.parsing import Dockerfile, Instruction
from domain.images.dockerfile.problems import DockerfileProblem
from domain.images.dockerfile.words import unquoted, words_of
from domain.problems import Severity

_NAMES = re.compile(
    r"(?:^|_)(?:SECRET|TOKEN|PASSWORD|PASSWD|PWD|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIALS?)"
    r"(?:$|_(?!FILE|PATH|DIR|URL|URI))",
    re.IGNORECASE,
)
_VALUES = re.compile(
    r"(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])"
    r"|(?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9]{36}"
    r"|(?<![A-Za-z0-9])github_pat_[A-Za-z0-9_]{40}"
    r"|(?<![A-Za-z0-9])glpat-[A-Za-z0-9_-]{20}"
    r"|(?<![A-Za-z0-9])hf_[A-Za-z0-9]{30}"
    r"|(?<![A-Za-z0-9])xox[abprs]-[A-Za-z0-9-]{20}"
    r"|(?<![A-Za-z0-9])sk-(?:proj-)?[A-Za-z0-9]{32}"
    r"|-----BEGIN (?:[A-Z]{1,12} ){0,3}PRIVATE KEY-----"
    r"|https?://[^\s/@:]{1,200}:[^\s/@$]{1,200}@"
)
_WAY_OUT = "Use a build secret: RUN --mount=type=secret,id=NAME. Replace the key if it is real."


def secret_problems(dockerfile: Dockerfile) -> Iterator[DockerfileProblem]:
    """Yield a problem for each line that holds what looks like a key; its value is not shown."""
    for instruction in dockerfile.instructions:
        named = named_secret(instruction) if instruction.name in {"ENV", "ARG"} else ""
        if named:
            message = f"{instruction.name} {named} can be read by all who pull the image."
        elif _VALUES.search(instruction.script):
            message = f"{instruction.name} holds what looks like a key or password."
        else:
            continue
        yield DockerfileProblem(
            code="secret",
            severity=Severity.ERROR,
            message=message,
            hint=_WAY_OUT,
            line=instruction.line,
        )


def assignments(instruction: Instruction) -> Iterator[tuple[str, str]]:
    """Yield the names and values that ENV or ARG set; "" for an ARG without a default."""
    words = words_of(instruction.value)
    if instruction.name == "ENV" and words and "=" not in words[0]:
        yield words[0], instruction.value[len(words[0]) :].strip()
        return
    for word in words:
        name, _, value = word.partition("=")
        yield name, unquoted(value)


def named_secret(instruction: Instruction) -> str:
    """Return the first variable of ENV or ARG that is named like a key and has a value, or ""."""
    for name, value in assignments(instruction):
        if value and not value.startswith("$") and _NAMES.search(name):
            return name
    return ""
