"""What one click does about a problem: the edit that mends it, where there is one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from domain.images.dockerfile.parsing import INSTRUCTIONS, Dockerfile, Instruction, parse
from domain.images.dockerfile.pip import installed_by
from domain.images.dockerfile.problems import DockerfileProblem, Edit
from domain.images.dockerfile.secrets import named_secret
from domain.images.dockerfile.words import commands_of, words_of

_RELEASE = re.compile(r":(\d+\.\d+\.\d+)(?:-|$)")
_RAY = re.compile(
    r"""\s+(?:"ray(?![\w-])[^"]*"|'ray(?![\w-])[^']*'|ray(?=[\[=<>!~\s]|$)[^\s;&|]*)"""
)
_RAY_VERSION = re.compile(r"(ray(?:\[[^\]]*\])?\s*==\s*)[\w.]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a problem is, and what is known there."""

    lines: Sequence[str]  # of the whole file
    instruction: Instruction
    dockerfile: Dockerfile
    default_base: str
    architecture: str

    @property
    def raw(self) -> str:
        """The instruction as it was written."""
        return "\n".join(self.lines[self.instruction.line - 1 : self.instruction.end])

    @property
    def newest_ray(self) -> str:
        """The Ray of the default base, such as "2.60.0"; "" where it has none."""
        found = _RELEASE.search(self.default_base)
        return found[1] if found else ""

    def written(self, label: str, text: str) -> Edit | None:
        """Return the edit that writes the instruction anew; None where it stays as it is."""
        if text == self.raw:
            return None
        return Edit(label, self.instruction.line, self.instruction.end, text)

    def removed(self, label: str) -> Edit:
        """Return the edit that removes the instruction."""
        return Edit(label, self.instruction.line, self.instruction.end, "")


def with_fixes(
    text: str,
    problems: Iterable[DockerfileProblem],
    *,
    default_base: str,
    architecture: str,
) -> Iterator[DockerfileProblem]:
    """Yield the problems, with an edit where one click can mend them."""
    dockerfile = parse(text)
    lines = text.replace("\r\n", "\n").split("\n")
    at = {instruction.line: instruction for instruction in dockerfile.instructions}
    for problem in problems:
        fix, instruction = FIXES.get(problem.code), at.get(problem.line or 0)
        if problem.edit or fix is None or instruction is None:
            yield problem
            continue
        place = Place(
            lines=lines,
            instruction=instruction,
            dockerfile=dockerfile,
            default_base=default_base,
            architecture=architecture,
        )
        yield replace(problem, edit=fix(place))


def pinned(text: str, line: int, versions: Mapping[str, str]) -> Edit | None:
    """Return the edit that gives packages of the RUN at `line` these versions, by their names."""
    found = [one for one in parse(text).instructions if one.line == line]
    if not found:
        return None
    lines = text.split("\n")
    raw = written = "\n".join(lines[line - 1 : found[0].end])
    for one in installed_by(found[0]).requirements:
        if one.is_pinned or not (version := versions.get(one.name)):
            continue
        name = r"[-_.]+".join(re.escape(part) for part in one.name.split("-"))
        word = re.compile(
            rf"(?<=[\s\"'])({name}(?:\[[^\]]*\])?)(?:\s*[<>=!~][^\"';&|]*?)?(?=[\"';&|\s]|$)",
            re.IGNORECASE,
        )
        start = written.find("install") + len("install")
        written = written[:start] + word.sub(rf"\g<1>=={version}", written[start:], count=1)
    if written == raw:
        return None
    names = ", ".join(sorted(versions))
    return Edit(f"Pin {names}", line, found[0].end, written)


def _without_ray(place: Place) -> Edit | None:
    """Remove ray from a pip command; the whole RUN where it installs nothing else."""
    match = _RAY.search(place.raw, max(place.raw.find("install"), 0))
    if match is None or place.instruction.is_exec_form:
        return None
    installed = installed_by(place.instruction)
    if len(installed.requirements) > 1 or installed.has_files:
        return place.written(
            "Remove ray from this line", place.raw[: match.start()] + place.raw[match.end() :]
        )
    if len(list(commands_of(place.instruction.script))) > 1:
        return None  # what else it runs stays: the author knows how
    return place.removed("Remove the line")


def _newer_ray(place: Place) -> Edit | None:
    newest = place.newest_ray
    if not newest:
        return None
    return place.written(
        f"Install Ray {newest}", _RAY_VERSION.sub(rf"\g<1>{newest}", place.raw, count=1)
    )


def _with_ray(place: Place) -> Edit | None:
    """Install Ray where there is a Python with pip; else take a base that has it."""
    newest, base = place.newest_ray, place.instruction.value.split()[0]
    if not newest:
        return None
    last = list(place.dockerfile.instructions)[-1]
    if base.rpartition("/")[2].partition(":")[0] in {"python", "pytorch", "miniconda3"}:
        text = f"RUN pip install --no-cache-dir 'ray[default]=={newest}'"
        return Edit(f"Install Ray {newest}", last.end + 1, last.end, text)
    return _default_base(place)


def _default_base(place: Place) -> Edit | None:
    base, default = place.instruction.value.split()[0], place.default_base
    if not default or "$" in base:
        return None
    return place.written(f"Use {default}", place.raw.replace(base, default, 1))


def _latest(place: Place) -> Edit | None:
    """Name the newest version of Ray's own image; of other images nobody knows the tags."""
    base = place.instruction.value.split()[0].removesuffix(":latest")
    if not place.default_base.startswith(f"{base}:"):
        return None
    return _default_base(place)


def _architecture(place: Place) -> Edit | None:
    wanted, raw = place.architecture, place.raw
    if "-aarch64" in raw and wanted == "amd64":
        return place.written("Use the base for amd64", raw.replace("-aarch64", "", 1))
    return place.written(
        f"Build for {wanted}", re.sub(r"(--platform=linux/)\w+", rf"\g<1>{wanted}", raw, count=1)
    )


def _without_secret(place: Place) -> Edit | None:
    """Remove the variable, with its value."""
    name = named_secret(place.instruction)
    words = words_of(place.instruction.value)
    if not name:
        return None
    if len(words) == 1 or "=" not in words[0]:
        return place.removed(f"Remove {name}")
    word = next(one for one in words if one.startswith(f"{name}="))
    text = re.sub(rf"\s+{re.escape(word)}", "", place.raw, count=1)
    return place.written(f"Remove {name}", text)


def _kept_path(place: Place) -> Edit | None:
    raw = place.raw.rstrip()
    match = re.search(r"""\bPATH(?:=|\s+)("[^"]*|'[^']*|[^\s"']+)""", raw)
    if match is None or match[1].startswith("'"):  # single quotes: no variable is replaced
        return None
    return place.written("Keep PATH", f"{raw[: match.end()]}:$PATH{raw[match.end() :]}")


def _meant(place: Place) -> Edit | None:
    name = place.instruction.name
    close = get_close_matches(name[:40], sorted(INSTRUCTIONS), n=1)
    if not close:
        return None
    return place.written(f"Write {close[0]}", re.sub(r"\S+", close[0], place.raw, count=1))


def _without_line(place: Place) -> Edit:
    return place.removed("Remove the line")


def _below_from(place: Place) -> Edit:
    start = place.dockerfile.stages[0].start
    below = place.lines[place.instruction.end : start.end]
    first = place.instruction.line
    return Edit("Move below FROM", first, start.end, "\n".join([*below, place.raw]))


def _finished(place: Place) -> Edit | None:
    """Take the last backslash away, or end the heredoc."""
    last = max((number for number, line in enumerate(place.lines, 1) if line.strip()), default=0)
    if place.instruction.heredocs:
        name = place.instruction.heredocs[-1].name
        return Edit(f"Add {name}", last + 1, last, name)
    line = place.lines[last - 1].rstrip()
    if line[-1] not in "\\`":
        return None
    return Edit("Remove the backslash", last, last, line[:-1].rstrip())


FIXES: Mapping[str, Callable[[Place], Edit | None]] = {
    "ray-overwritten": _without_ray,
    "old-ray": _newer_ray,
    "no-ray": _with_ray,
    "latest-base": _latest,
    "architecture": _architecture,
    "secret": _without_secret,
    "path-replaced": _kept_path,
    "unknown-instruction": _meant,
    "no-value": _without_line,
    "before-from": _below_from,
    "unfinished": _finished,
}
