"""What the rules of hadolint mean here: a sentence, a way out, and what one click does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from domain.images.dockerfile.parsing import Instruction, parse
from domain.images.dockerfile.problems import DockerfileProblem, Edit
from domain.problems import Severity

# What Mobula's own rules say better, and what is no mistake in an image of Ray's: versions of
# Debian packages leave the mirrors, and Ray's own user has a name.
IGNORED = (
    "DL1000", "DL3000", "DL3002", "DL3006", "DL3007", "DL3008", "DL3013", "DL3026", "DL3029",
    "DL3059", "DL3061", "DL3066",
)  # fmt: skip


class Found(NamedTuple):
    """A finding: the code of its rule, its line from 1, its level, and the rule's own words."""

    code: str
    line: int
    level: str
    message: str


class _Rule(NamedTuple):
    message: str
    hint: str
    label: str = ""
    written: Callable[[str], str] | None = None  # of the instruction, as one click writes it


def _inserted(pattern: str, word: str) -> Callable[[str], str]:
    command = re.compile(pattern)
    return lambda raw: command.sub(rf"\g<0> {word}", raw)


def _apt_lists_removed(raw: str) -> str:
    return f"{raw.rstrip()} && rm -rf /var/lib/apt/lists/*"


def _as_copy(raw: str) -> str:
    return re.sub(r"^(\s*)ADD\b", r"\1COPY", raw, count=1, flags=re.IGNORECASE)


def _as_label(raw: str) -> str:
    name = re.sub(r"^\s*MAINTAINER\s+", "", raw, flags=re.IGNORECASE).strip().strip("\"'")
    return 'LABEL org.opencontainers.image.authors="' + name.replace('"', "'") + '"'


def _as_list(raw: str) -> str:
    """Write a command as the JSON list that runs it through the same shell."""
    found = re.match(r"\s*(CMD|ENTRYPOINT)\s+(.*)", raw, re.DOTALL | re.IGNORECASE)
    if found is None or "\n" in raw or '"' in raw or "\\" in raw:
        return raw
    words = found[2].split()
    if re.search(r"[$&|;<>*'`(]", found[2]):
        words = ["/bin/sh", "-c", found[2].strip()]
    quoted = ", ".join(f'"{word}"' for word in words)
    return f"{found[1]} [{quoted}]"


_APT_INSTALL = r"\bapt-get\b(?:\s+-[\w-]+(?:=\S+)?)*\s+install\b"
_RULES: Mapping[str, _Rule] = {
    "DL3003": _Rule("cd holds for this RUN alone.", "Use WORKDIR to change the folder."),
    "DL3004": _Rule(
        "sudo may have no terminal to ask for a password.",
        "Use USER root before, and USER ray after what needs it.",
    ),
    "DL3009": _Rule(
        "The package lists of apt stay in the image.",
        "Remove /var/lib/apt/lists in the same RUN.",
        "Remove the lists",
        _apt_lists_removed,
    ),
    "DL3014": _Rule(
        "apt-get asks before it installs, and there is no one to answer.",
        "Add -y.",
        "Add -y",
        _inserted(_APT_INSTALL, "-y"),
    ),
    "DL3015": _Rule(
        "apt-get installs recommended packages, too.",
        "Add --no-install-recommends.",
        "Add --no-install-recommends",
        _inserted(_APT_INSTALL, "--no-install-recommends"),
    ),
    "DL3020": _Rule(
        "ADD unpacks archives and downloads; COPY only copies.",
        "Use COPY for files and folders.",
        "Use COPY",
        _as_copy,
    ),
    "DL3025": _Rule(
        "A shell runs this command and does not pass signals on.",
        'Write it as a list: ["python", "main.py"].',
        "Write it as a list",
        _as_list,
    ),
    "DL3027": _Rule(
        "apt is for people: its options change.",
        "Use apt-get.",
        "Use apt-get",
        lambda raw: re.sub(r"(?<![\w/-])apt(?=\s)", "apt-get", raw),
    ),
    "DL3042": _Rule(
        "pip keeps what it downloaded in the image.",
        "Add --no-cache-dir.",
        "Add --no-cache-dir",
        _inserted(r"(?<!uv )\bpip3?\s+install\b", "--no-cache-dir"),
    ),
    "DL4000": _Rule(
        "MAINTAINER is deprecated.", "Use a LABEL.", "Use a LABEL", _as_label
    ),
    "DL4006": _Rule(
        "Of commands in a pipe, only the last one's failure ends the build.",
        'Add SHELL ["/bin/bash", "-o", "pipefail", "-c"] before it.',
    ),
}  # fmt: skip


def lint_problems(text: str, found: Iterable[Found]) -> Iterator[DockerfileProblem]:
    """Yield what hadolint found, in Mobula's words where it has some; never an error."""
    lines = text.replace("\r\n", "\n").split("\n")
    at = {instruction.line: instruction for instruction in parse(text).instructions}
    for code, line, level, message in found:
        rule = _RULES.get(code)
        yield DockerfileProblem(
            code=code,
            severity=Severity.HINT if level in {"info", "style"} else Severity.WARNING,
            message=rule.message if rule else f"{message.rstrip('.')}.",
            hint=rule.hint if rule else f"({code} of hadolint)",
            line=line,
            edit=_edit(rule, at.get(line), lines) if rule else None,
        )


def _edit(rule: _Rule, instruction: Instruction | None, lines: list[str]) -> Edit | None:
    if rule.written is None or instruction is None or instruction.heredocs:
        return None
    raw = "\n".join(lines[instruction.line - 1 : instruction.end])
    text = rule.written(raw)
    return None if text == raw else Edit(rule.label, instruction.line, instruction.end, text)
