"""What a Dockerfile does that Ray does not survive, and whether Ray is there at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from domain.images.dockerfile.parsing import Dockerfile, Instruction, Stage
from domain.images.dockerfile.pip import installed_by
from domain.images.dockerfile.problems import DockerfileProblem, Edit
from domain.images.dockerfile.secrets import assignments
from domain.problems import Severity

LEAST_RAY = (2, 8)
_RAY_REPOSITORIES = frozenset({"ray", "ray-ml", "ray-llm"})
_RAY_OWNERS = frozenset({"rayproject", "anyscale"})
# Official images that are known to have no Ray; of any other base, nobody knows.
_WITHOUT_RAY = frozenset(
    ["alpine", "busybox", "centos", "debian", "fedora", "python", "rockylinux", "scratch", "ubuntu",
     "cuda", "pytorch", "miniconda3", "tensorflow"]
)  # fmt: skip
_RAY_USER = "ray"


def ray_problems(
    dockerfile: Dockerfile, *, ray_images: frozenset[str]
) -> Iterator[DockerfileProblem]:
    """Yield what breaks Ray in the final image; `ray_images` are locations known to have it."""
    stages = dockerfile.base_stages()
    bottom = stages[-1]
    inside = [one for stage in reversed(stages) for one in stage.instructions]
    is_rays_own = is_ray_image(bottom.base)
    if is_rays_own or bottom.base in ray_images:
        yield from _overwritten(bottom, inside)
    else:
        yield from _missing(bottom, inside)
    yield from _environment(inside)
    if is_rays_own:
        yield from _user(inside)


def is_ray_image(base: str) -> bool:
    """Return whether a base is one of Ray's own images, also from a mirror."""
    parts = base.partition("@")[0].split("/")
    repository = parts[-1].partition(":")[0]
    return repository in _RAY_REPOSITORIES and len(parts) > 1 and parts[-2] in _RAY_OWNERS


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())


def _missing(bottom: Stage, inside: Sequence[Instruction]) -> Iterator[DockerfileProblem]:
    has_files = False
    for instruction in inside:
        installed = installed_by(instruction)
        has_files |= installed.has_files
        for requirement in installed.requirements:
            if requirement.name != "ray":
                continue
            if requirement.version and _numbers(requirement.version) < LEAST_RAY:
                yield DockerfileProblem(
                    code="old-ray",
                    severity=Severity.ERROR,
                    message=f"Ray {requirement.version} is too old: clusters need 2.8 or later.",
                    hint="Install ray[default]==2.8.0 or a later version.",
                    line=instruction.line,
                )
            return
    is_known = bottom.base.rpartition("/")[2].partition(":")[0].partition("@")[0] in _WITHOUT_RAY
    is_certain = is_known and not has_files and not _may_install_otherwise(inside)
    yield DockerfileProblem(
        code="no-ray",
        severity=Severity.ERROR if is_certain else Severity.WARNING,
        message=f"Nothing here installs Ray, and {bottom.base or 'the base'} is no image of Ray's.",
        hint="Choose a base with Ray, or add RUN pip install 'ray[default]==2.50.0'.",
        line=bottom.start.line,
    )


def _may_install_otherwise(inside: Sequence[Instruction]) -> bool:
    """Whether files, or commands other than pip's, could bring Ray."""
    return any(
        one.name in {"COPY", "ADD"} or (one.name == "RUN" and "ray" in one.script) for one in inside
    )


def _overwritten(bottom: Stage, inside: Sequence[Instruction]) -> Iterator[DockerfileProblem]:
    tag = bottom.base.partition("@")[0].rpartition("/")[2].partition(":")[2]
    for instruction in inside:
        for requirement in installed_by(instruction).requirements:
            if requirement.name != "ray" or (
                requirement.version and tag.split("-")[0] == requirement.version
            ):
                continue
            version = f"Ray {requirement.version}" if requirement.version else "another Ray"
            yield DockerfileProblem(
                code="ray-overwritten",
                severity=Severity.ERROR,
                message=f"This installs {version} over the Ray of {bottom.base}.",
                hint="Remove ray from this line, and choose the base with the Ray that you want.",
                line=instruction.line,
            )


def _environment(inside: Sequence[Instruction]) -> Iterator[DockerfileProblem]:
    for instruction in inside:
        if instruction.name == "ENTRYPOINT" and instruction.value != "[]":
            yield DockerfileProblem(
                code="entrypoint",
                severity=Severity.ERROR,
                message="ENTRYPOINT runs in place of the commands that start Ray.",
                hint="Remove it. What is to run at first belongs in the setup commands.",
                line=instruction.line,
                edit=Edit("Remove ENTRYPOINT", instruction.line, instruction.end, ""),
            )
        if instruction.name != "ENV":
            continue
        for name, value in assignments(instruction):
            if name == "PATH" and "$PATH" not in value and "${PATH}" not in value:
                yield DockerfileProblem(
                    code="path-replaced",
                    severity=Severity.ERROR,
                    message="This replaces PATH: the ray command is no longer found.",
                    hint="Keep what was there: ENV PATH=/new/bin:$PATH.",
                    line=instruction.line,
                )


def _user(inside: Sequence[Instruction]) -> Iterator[DockerfileProblem]:
    users = [one for one in inside if one.name == "USER"]
    if users and users[-1].value.partition(":")[0] not in {_RAY_USER, "1000"}:
        last, end = users[-1], inside[-1].end
        yield DockerfileProblem(
            code="user",
            severity=Severity.WARNING,
            message=f"The image ends as user {last.value}; Ray's images run as user {_RAY_USER}.",
            hint=f"Add USER {_RAY_USER} after what needs {last.value}.",
            line=last.line,
            edit=Edit(f"Add USER {_RAY_USER} at the end", end + 1, end, f"USER {_RAY_USER}"),
        )
