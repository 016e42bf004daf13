"""What Mobula itself checks in a Dockerfile: above all, that Ray still works in the image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice

from domain.images.dockerfile.fixes import with_fixes
from domain.images.dockerfile.parsing import INSTRUCTIONS, Dockerfile, Instruction, Stage, parse
from domain.images.dockerfile.pip import installed_by
from domain.images.dockerfile.problems import DockerfileProblem, Edit
from domain.images.dockerfile.ray_rules import ray_problems
from domain.images.dockerfile.secrets import secret_problems
from domain.images.dockerfile.words import words_of
from domain.problems import Severity

MOST_PROBLEMS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the rules know beside the Dockerfile."""

    default_base: str = ""  # what a click puts where there is no FROM
    ray_images: frozenset[str] = frozenset()  # locations of images that are known to have Ray
    architecture: str = ""  # amd64 or arm64: of the machines it is for; "" is any
    has_context: bool | None = None  # whether files come with it; None: not known yet


def check(text: str, around: Surroundings) -> list[DockerfileProblem]:
    """Return what is wrong with the Dockerfile, in the order of its lines, at most 200 problems."""
    dockerfile = parse(text)
    found = list(_problems(dockerfile, around))
    found.sort(key=lambda problem: (problem.line or 0, list(Severity).index(problem.severity)))
    return list(
        with_fixes(
            text,
            found[:MOST_PROBLEMS],
            default_base=around.default_base,
            architecture=around.architecture,
        )
    )


def _problems(dockerfile: Dockerfile, around: Surroundings) -> Iterator[DockerfileProblem]:
    yield from _structure(dockerfile, around)
    for stage in dockerfile.external_stages():
        yield from _base_tag(stage)
    for instruction in dockerfile.instructions:
        yield from _unpinned(instruction)
        if around.has_context is False:
            yield from _without_context(instruction)
    yield from secret_problems(dockerfile)
    if dockerfile.stages:
        yield from _architecture(dockerfile.base_stages()[-1], around)
        yield from ray_problems(dockerfile, ray_images=around.ray_images)


def _structure(dockerfile: Dockerfile, around: Surroundings) -> Iterator[DockerfileProblem]:
    if not dockerfile.stages:
        base = around.default_base
        yield DockerfileProblem(
            code="no-from",
            severity=Severity.ERROR,
            message="There is no FROM: the image has no base.",
            hint="Begin with FROM and an image that has Ray.",
            edit=Edit(f"Insert FROM {base}", 1, 0, f"FROM {base}") if base else None,
        )
    each = (one for instruction in dockerfile.instructions for one in _instruction(instruction))
    yield from islice(each, MOST_PROBLEMS)
    for instruction in dockerfile.before:
        if instruction.name in INSTRUCTIONS - {"ARG"} and dockerfile.stages:
            yield _error(
                instruction, "before-from", f"{instruction.name} comes before the first FROM.",
                hint="Move it below FROM. Only ARG may be above.",
            )  # fmt: skip
    if dockerfile.unfinished is not None:
        yield DockerfileProblem(
            code="unfinished",
            severity=Severity.ERROR,
            message="The file ends in the middle of an instruction.",
            hint="Remove the last backslash, or end the heredoc.",
            line=dockerfile.unfinished,
        )


def _instruction(instruction: Instruction) -> Iterator[DockerfileProblem]:
    name = instruction.name
    if name not in INSTRUCTIONS:
        close = get_close_matches(name[:40], sorted(INSTRUCTIONS), n=1)
        hint = f"Did you mean {close[0]}?" if close else "Does the line before lack a backslash?"
        yield _error(
            instruction, "unknown-instruction", f"“{name[:40]}” is no instruction.", hint=hint
        )
    elif not instruction.value:
        hint = f"Write what {name} is to do, or remove the line."
        yield _error(instruction, "no-value", f"{name} has no value.", hint=hint)


def _error(instruction: Instruction, code: str, message: str, *, hint: str) -> DockerfileProblem:
    return DockerfileProblem(
        code=code, severity=Severity.ERROR, message=message, hint=hint, line=instruction.line
    )


def _base_tag(stage: Stage) -> Iterator[DockerfileProblem]:
    if not stage.base or "@" in stage.base:
        return
    tag = stage.base.rpartition("/")[2].partition(":")[2]
    if tag in {"", "latest"}:
        yield DockerfileProblem(
            code="latest-base",
            severity=Severity.WARNING,
            message=f"{stage.base} is whatever is newest on the day of the build.",
            hint="Name a tag with versions, such as 2.50.0-py312.",
            line=stage.start.line,
        )


def _unpinned(instruction: Instruction) -> Iterator[DockerfileProblem]:
    found = [one for one in installed_by(instruction).requirements if not one.is_pinned]
    loose = [one.name for one in found]
    if loose:
        shown = ", ".join(loose[:5]) + (f" and {len(loose) - 5} more" if len(loose) > 5 else "")
        yield DockerfileProblem(
            code="unpinned",
            severity=Severity.WARNING,
            message=f"No exact version: {shown}. The next build may install other ones.",
            hint="Write the version: name==1.2.3.",
            line=instruction.line,
            pins=() if instruction.is_exec_form else tuple(map(str, found)),
        )


def _architecture(stage: Stage, around: Surroundings) -> Iterator[DockerfileProblem]:
    """The base says its architecture by --platform or, as Ray's own images, at the tag's end."""
    stated = stage.platform.partition("/")[2].partition("/")[0]
    if not stated and stage.base.partition("@")[0].endswith("-aarch64"):
        stated = "arm64"
    if around.architecture and stated and stated != around.architecture:
        yield DockerfileProblem(
            code="architecture",
            severity=Severity.ERROR,
            message=f"The base is for {stated}; the machines are {around.architecture}.",
            hint=f"Choose a base for {around.architecture}.",
            line=stage.start.line,
        )


def _without_context(instruction: Instruction) -> Iterator[DockerfileProblem]:
    """Files can come from other stages and images, from the text itself, and from addresses."""
    if instruction.name not in {"COPY", "ADD"} or "from" in instruction.flags:
        return
    sources = words_of(instruction.value)[:-1]
    if instruction.heredocs or not instruction.value:
        return
    if instruction.name == "ADD" and all("://" in one or one.startswith("git@") for one in sources):
        return
    yield _error(
        instruction,
        "no-context",
        f"{instruction.name} takes files, but there is no build context.",
        hint="Choose a build context: a ZIP file or a Git repository.",
    )
