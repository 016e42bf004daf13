"""How builds run at the double of Cloud Build."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from tests.doubles.aws.build_plans import DIGEST, PACKAGES
from tests.doubles.cloud_build import NOW, Plan, RemoteBuild


def _begun(build: RemoteBuild) -> Iterator[None]:
    yield
    build.row |= {"status": "WORKING", "startTime": NOW}
    build.say("starting build", step="")
    yield
    build.say("#5 [1/2] FROM docker.io/rayproject/ray@sha256:12", "#6 [2/2] RUN pip install x")
    build.say("#6 0.512 Successfully installed", "#6 [2/2] RUN pip install x")
    yield


def success(digest: str = DIGEST, *, is_whole: bool = True) -> Plan:
    """A build that succeeds; without `is_whole`, nothing says that the log is at its end."""

    def plan(build: RemoteBuild) -> Iterator[None]:
        yield from _begun(build)
        build.say(*(f"{build.mark} {line}" for line in PACKAGES), f"{build.mark} push")
        yield
        outputs = ["" for _ in build.row["steps"]]
        outputs[-1] = base64.b64encode(b"2.50.0\n3.12\n").decode()
        images = [{"name": build.row["images"][0], "digest": digest}] if digest else []
        build.end(results={"images": images, "buildStepOutputs": outputs})
        if is_whole:
            build.say("PUSH", "DONE", step="")
        yield

    return plan


def failure(status: str, *, step: str = "", log: str = "", **more: Any) -> Plan:
    """A build that ends without an image, in a step, or as `failureInfo` says."""

    def plan(build: RemoteBuild) -> Iterator[None]:
        yield from _begun(build)
        if log:
            build.say(log)
        for one in build.row["steps"]:
            if one["id"] == step:
                one["status"] = status
        build.end(status, **more)
        yield

    return plan


def endless(build: RemoteBuild) -> Iterator[None]:
    """A build whose step takes for ever."""
    yield from _begun(build)
    build.say("#6 1.0 begun")
    while True:
        yield
