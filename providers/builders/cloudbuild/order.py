"""The build as Cloud Build takes it: steps with docker, and the image that it pushes."""

from __future__ import annotations

import math
from typing import Any

from providers.builders.base import BuildSpec
from providers.builders.cloudbuild.place import CloudBuildPlace
from providers.builders.remote import script

PREPARE, BUILD, LOOK = "prepare", "build", "inspect"
FOLDER = "/mobula"
_DOCKER = "gcr.io/cloud-builders/docker"
_PIECE = 8_000  # characters of a script
_MOST_SECONDS = 86_400


def order(
    spec: BuildSpec, place: CloudBuildPlace, *, name: str, mark: str, source: dict[str, Any]
) -> dict[str, Any]:
    """Return the Build resource; `mark` begins the lines that are meant for Mobula."""
    seconds = f"{min(math.ceil(spec.limits.seconds), _MOST_SECONDS)}s"
    context = "/workspace" if source else f"{FOLDER}/context"
    scripts = [
        *_prepare(spec),
        (BUILD, script.build(spec, folder=FOLDER, context=context)),
        (LOOK, _look(spec, mark)),
    ]
    return {
        "steps": [_step(*one) for one in scripts],
        "images": [spec.location],
        "timeout": seconds,
        "queueTtl": seconds,
        "tags": [name, f"mark-{mark.removeprefix('##')}"],
        "serviceAccount": f"projects/{place.project}/serviceAccounts/{place.service_account}",
        "options": {
            "logging": "CLOUD_LOGGING_ONLY",
            "env": [
                "DOCKER_BUILDKIT=1", "BUILDKIT_PROGRESS=plain", "BUILDX_NO_DEFAULT_ATTESTATIONS=1",
            ],
        },
        **source,
    }  # fmt: skip


def _step(id: str, text: str) -> dict[str, Any]:  # noqa: A002 - its name
    return {
        "id": id,
        "name": _DOCKER,
        "script": f"#!/bin/sh\nset -e\n{text}\n",
        "volumes": [{"name": "mobula", "path": FOLDER}],
    }


def _prepare(spec: BuildSpec) -> list[tuple[str, str]]:
    """Return the steps that write our files, of which none is longer than a script may be."""
    commands = [f"mkdir -p {FOLDER}/context"]
    for name, content in (("Dockerfile", spec.dockerfile), ("look.sh", script.LOOK)):
        commands += script.written(f"{FOLDER}/{name}", content, piece=_PIECE)
    texts = [""]
    for command in commands:
        if len(texts[-1]) + len(command) > _PIECE + 1_000:
            texts.append("")
        texts[-1] += f"{command}\n"
    return [(f"{PREPARE}-{number}", text) for number, text in enumerate(texts, 1)]


def _look(spec: BuildSpec, mark: str) -> str:
    return (
        f"{script.look(spec, folder=FOLDER, mark=mark)}\n"
        # Kept with the build: known also where the log is gone.
        f'cat {FOLDER}/ray {FOLDER}/python > "$BUILDER_OUTPUT/output"\n'
        f"echo '{mark} push'"
    )
