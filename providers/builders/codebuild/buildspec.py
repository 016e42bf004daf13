"""The buildspec of one build: JSON, which is YAML too, so nothing in it needs quoting."""

from __future__ import annotations

import json
from shlex import quote
from typing import Any

from providers.builders.base import BuildSpec
from providers.builders.codebuild.place import CodeBuildPlace
from providers.builders.remote import script

# What Mobula reads of the build itself, also where its log is gone.
EXPORTED = ("MOBULA_DIGEST", "MOBULA_RAY", "MOBULA_PYTHON")
CONTEXT = "context.tar.gz"
LOGINS = "MOBULA_DOCKER_CONFIG"


def buildspec(spec: BuildSpec, place: CodeBuildPlace, *, mark: str) -> str:
    """Return what CodeBuild runs: it builds, inspects, pushes, and exports the digest."""
    folder = f"/tmp/{spec.name}"  # noqa: S108 - of a machine that lives for this build only
    phases = {
        "pre_build": [*_files(spec, folder), *_logins(spec, place)],
        "build": [script.build(spec, folder=folder, context=f"{folder}/context")],
        "post_build": _push(spec, folder, mark),
    }
    content: dict[str, Any] = {
        "version": "0.2",
        "env": {
            "variables": {"BUILDKIT_PROGRESS": "plain", "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"},
            "exported-variables": list(EXPORTED),
        },
        "phases": {
            name: {"on-failure": "ABORT", "commands": commands} for name, commands in phases.items()
        },
    }
    return json.dumps(content, indent=1)


def _files(spec: BuildSpec, folder: str) -> list[str]:
    commands = [f"mkdir -p {folder}/context"]
    if spec.context:
        commands.append(f"tar -xzf {CONTEXT} -C {folder}/context")
    commands += script.written(f"{folder}/Dockerfile", spec.dockerfile)
    commands += script.written(f"{folder}/look.sh", script.LOOK)
    return commands


def _logins(spec: BuildSpec, place: CodeBuildPlace) -> list[str]:
    """Return the commands that sign in: to ECR as the project's own role."""
    host = spec.location.partition("/")[0]
    commands = []
    if place.login_secret:
        commands += [
            "mkdir -p ~/.docker",
            f'(umask 077; printf %s "${LOGINS}" > ~/.docker/config.json)',
            f"unset {LOGINS}",
        ]
    commands.append(
        f"aws ecr get-login-password --region {quote(place.region)} "
        f"| docker login --username AWS --password-stdin {quote(host)}"
    )
    return commands


def _push(spec: BuildSpec, folder: str, mark: str) -> list[str]:
    return [
        # CodeBuild runs this phase after a build that failed, too.
        'test "$CODEBUILD_BUILD_SUCCEEDING" = 1',
        script.look(spec, folder=folder, mark=mark),
        f"echo {quote(f'{mark} push')}",
        f"docker push {quote(spec.location)}",
        f'export MOBULA_DIGEST="$({script.digest(spec)})"',
        f'export MOBULA_RAY="$(cat {folder}/ray)" MOBULA_PYTHON="$(cat {folder}/python)"',
        f"echo {quote(f'{mark} end')}",
    ]
