"""What a Dockerfile says: instructions with their lines, stages with their bases."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from domain.images.dockerfile.words import expanded, unquoted, words_of

INSTRUCTIONS = frozenset(
    ["ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL",
     "MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"]
)  # fmt: skip
_DIRECTIVE = re.compile(r"#\s*(syntax|escape|check)\s*=\s*(\S.*?)\s*", re.IGNORECASE)
_HEREDOC = re.compile(r"\d*<<(-?)([\"']?)(\w+)\2\Z")
_WITH_HEREDOCS = frozenset({"RUN", "COPY", "ADD"})
_NAME = re.compile(r"\s*(\S+)\s*(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Heredoc:
    """Lines that belong to an instruction: `RUN <<EOF`."""

    name: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """One instruction from its first to its last line, both counted from 1."""

    name: str  # in upper case
    value: str  # its continued lines joined, without their comments
    line: int
    end: int
    flags: Mapping[str, str] = field(default_factory=dict)
    mounts: Sequence[str] = ()  # the values of its --mount flags
    heredocs: Sequence[Heredoc] = ()

    @property
    def is_exec_form(self) -> bool:
        """Whether its value is a JSON list, which no shell reads."""
        return self.value.startswith("[")

    @property
    def script(self) -> str:
        """What a shell reads of it."""
        return "\n".join([self.value, *(heredoc.content for heredoc in self.heredocs)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """From one FROM to the next."""

    base: str  # its variables replaced by the defaults of the ARGs before the first FROM
    alias: str
    platform: str
    start: Instruction
    instructions: Sequence[Instruction]


@dataclass(frozen=True, slots=True)
class Source:
    """An image that an instruction takes files of, as it names it."""

    image: str
    instruction: Instruction


@dataclass(frozen=True, slots=True, kw_only=True)
class Dockerfile:
    """A Dockerfile as it was written, however wrong."""

    directives: Mapping[str, str]
    before: Sequence[Instruction]  # the first FROM: ARG, or what is wrong there
    stages: Sequence[Stage]
    unfinished: int | None = None  # the line of a heredoc, or of a continuation, without an end

    @property
    def instructions(self) -> Iterator[Instruction]:
        """All of them in their order."""
        yield from self.before
        for stage in self.stages:
            yield stage.start
            yield from stage.instructions

    def base_stages(self) -> list[Stage]:
        """Return the stages that the final image is made of, the last first."""
        if not self.stages:
            return []
        chain, before = [self.stages[-1]], len(self.stages) - 1
        while True:
            found = self._named(chain[-1].base, before=before)
            if found is None:
                return chain
            chain.append(self.stages[found])
            before = found

    def external_stages(self) -> list[Stage]:
        """Return the stages whose base is pulled from a registry."""
        found, aliases = [], {"scratch"}
        for stage in self.stages:
            if stage.base.lower() not in aliases:
                found.append(stage)
            aliases.add(stage.alias)
        return found

    def external_sources(self) -> list[Source]:
        """Return the images that COPY --from and RUN --mount=from= take files of."""
        found: list[Source] = []
        known = {"scratch"}
        for number, stage in enumerate(self.stages):
            found += [
                Source(name, instruction)
                for instruction in stage.instructions
                for name in _sources(instruction)
                if name.lower() not in known and "$" not in name
            ]
            known |= {stage.alias, str(number)}
        return found

    def _named(self, name: str, *, before: int) -> int | None:
        for number in range(before - 1, -1, -1):
            if self.stages[number].alias and self.stages[number].alias == name.lower():
                return number
        return None


def parse(text: str) -> Dockerfile:
    """Return what `text` says; nothing is an error here. Takes time in proportion to its length."""
    lines = text.replace("\r\n", "\n").split("\n")
    directives, start = _directives(lines)
    reader = _Reader(lines, escape=directives.get("escape", "\\"))
    before: list[Instruction] = []
    stages: list[tuple[Instruction, list[Instruction]]] = []
    for instruction in reader.instructions(start):
        if instruction.name == "FROM":
            stages.append((instruction, []))
        elif stages:
            stages[-1][1].append(instruction)
        else:
            before.append(instruction)
    defaults = _defaults(before)
    return Dockerfile(
        directives=directives,
        before=before,
        stages=[_stage(one, inside, defaults) for one, inside in stages],
        unfinished=reader.unfinished,
    )


def with_bases(
    text: str, bases: Mapping[int, str], *, sources: Mapping[str, str] | None = None
) -> str:
    """Return the Dockerfile with other images; all else stays, and each line where it is.

    `bases` are by the line of their FROM, `sources` by what COPY --from and mounts name them.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    dockerfile = parse(text)
    for source in dockerfile.external_sources() if sources else ():
        if sources and (image := sources.get(source.image)):
            named = re.compile(rf"((?:--|[,=])from=){re.escape(source.image)}(?=[\s,]|$)")
            for number in range(source.instruction.line - 1, source.instruction.end):
                lines[number] = named.sub(rf"\g<1>{image}", lines[number])
    for stage in dockerfile.stages:
        if (base := bases.get(stage.start.line)) is None:
            continue
        platform = f"--platform={stage.platform} " if stage.platform else ""
        alias = f" AS {stage.alias}" if stage.alias else ""
        lines[stage.start.line - 1] = f"FROM {platform}{base}{alias}"
        for number in range(stage.start.line, stage.start.end):
            lines[number] = ""
    return "\n".join(lines)


def _sources(instruction: Instruction) -> Iterator[str]:
    if instruction.name == "COPY" and (name := instruction.flags.get("from")):
        yield name
    for mount in instruction.mounts:
        options = dict(part.partition("=")[::2] for part in mount.split(","))
        if name := options.get("from"):
            yield name


def _directives(lines: Sequence[str]) -> tuple[dict[str, str], int]:
    """Return what stands in the first comments, and the number of their lines."""
    found: dict[str, str] = {}
    for number, line in enumerate(lines):
        match = _DIRECTIVE.fullmatch(line.strip())
        if match is None or match[1].lower() in found:
            return found, number
        found[match[1].lower()] = match[2]
    return found, len(lines)


class _Reader:
    def __init__(self, lines: Sequence[str], *, escape: str) -> None:
        self._lines = lines
        self._escape = escape if escape in {"\\", "`"} else "\\"
        self.unfinished: int | None = None

    def instructions(self, start: int) -> Iterator[Instruction]:
        number = start
        while number < len(self._lines):
            line = self._lines[number].strip()
            if not line or line.startswith("#"):
                number += 1
                continue
            value, end = self._continued(number)
            instruction, end = self._read(value, number, end)
            yield instruction
            number = end

    def _continued(self, start: int) -> tuple[str, int]:
        """Return the joined lines of an instruction, and the number of the line after it."""
        parts: list[str] = []
        number = start
        while number < len(self._lines):
            line = self._lines[number].rstrip()
            number += 1
            if parts and (not line.strip() or line.lstrip().startswith("#")):
                continue
            if not line.endswith(self._escape):
                parts.append(line)
                return "".join(parts), number
            parts.append(line[: -len(self._escape)])
        self.unfinished = start + 1
        return "".join(parts), number

    def _read(self, text: str, start: int, end: int) -> tuple[Instruction, int]:
        match = _NAME.fullmatch(text)
        name, value = (match[1].upper(), match[2]) if match else ("", "")
        heredocs: list[Heredoc] = []
        if name in _WITH_HEREDOCS and "<<" in value:
            for word in words_of(value):
                if found := _HEREDOC.match(word):
                    heredoc, end = self._heredoc(found[3], end, indented=bool(found[1]))
                    heredocs.append(heredoc)
        flags, mounts, value = _flags(value)
        instruction = Instruction(
            name=name,
            value=value.strip(),
            line=start + 1,
            end=end,
            flags=flags,
            mounts=mounts,
            heredocs=tuple(heredocs),
        )
        return instruction, end

    def _heredoc(self, name: str, start: int, *, indented: bool) -> tuple[Heredoc, int]:
        for number in range(start, len(self._lines)):
            line = self._lines[number]
            if (line.lstrip("\t") if indented else line) == name:
                return Heredoc(name, "\n".join(self._lines[start:number])), number + 1
        if self.unfinished is None:
            self.unfinished = start
        return Heredoc(name, "\n".join(self._lines[start:])), len(self._lines)


def _flags(value: str) -> tuple[dict[str, str], tuple[str, ...], str]:
    flags: dict[str, str] = {}
    mounts: list[str] = []
    while value.startswith("--"):
        word, *rest = value.split(maxsplit=1)
        name, _, content = word[2:].partition("=")
        flags[name] = content
        if name == "mount":
            mounts.append(content)
        value = rest[0] if rest else ""
    return flags, tuple(mounts), value


def _defaults(before: Sequence[Instruction]) -> dict[str, str]:
    values: dict[str, str] = {}
    for instruction in before:
        if instruction.name == "ARG":
            for word in words_of(instruction.value):
                name, _, value = word.partition("=")
                values[name] = expanded(unquoted(value), values)
    return values


def _stage(
    start: Instruction, instructions: Sequence[Instruction], defaults: Mapping[str, str]
) -> Stage:
    words = [expanded(unquoted(word), defaults) for word in words_of(start.value)]
    has_alias = len(words) > 2 and words[1].lower() == "as"
    return Stage(
        base=words[0] if words else "",
        alias=words[2].lower() if has_alias else "",
        platform=expanded(start.flags.get("platform", ""), defaults),
        start=start,
        instructions=instructions,
    )
