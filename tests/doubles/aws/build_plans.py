"""How builds run at the double of CodeBuild: well, badly, late, or for real with stand-ins."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.doubles.aws.builds import Plan, RemoteBuild

DIGEST = f"sha256:{'ab' * 32}"
PACKAGES = (
    "pip ray 2.50.0 /usr/lib/python3.12/site-packages/ray-2.50.0.dist-info/METADATA",
    "pip Num_Py 2.1.0 /usr/lib/python3.12/site-packages/numpy-2.1.0.dist-info/METADATA",
    "apt bash 5.2",
)
_BEFORE = ("QUEUED", "PROVISIONING", "DOWNLOAD_SOURCE", "INSTALL", "PRE_BUILD")


def until(build: RemoteBuild, last: str) -> Iterator[None]:
    """Run the phases up to `last`, which has begun then."""
    for phase in (*_BEFORE, "BUILD", "POST_BUILD"):
        build.begin(phase)
        if phase == "PRE_BUILD":
            build.say("[Container] 2026/11/30 09:00:01 Phase complete: INSTALL State: SUCCEEDED")
        if phase == "BUILD":
            build.say(
                "#5 [1/2] FROM docker.io/rayproject/ray@sha256:12", "#6 [2/2] RUN pip install x"
            )
            build.say("#6 0.512 Successfully installed", "#6 [2/2] RUN pip install x")
        if phase == last:
            return
        yield


def success(digest: str = DIGEST) -> Plan:
    """A build that succeeds; some of its log comes after its end."""

    def plan(build: RemoteBuild) -> Iterator[None]:
        yield from until(build, "POST_BUILD")
        build.say(*(f"{build.mark} {line}" for line in PACKAGES), f"{build.mark} push")
        yield
        build.exported = {"MOBULA_DIGEST": digest, "MOBULA_RAY": "2.50.0", "MOBULA_PYTHON": "3.12"}
        build.begin("FINALIZING")
        build.end()
        yield

    return plan


def finished(plan: Plan) -> Plan:
    """The same, with the line that says that the log is whole."""

    def whole(build: RemoteBuild) -> Iterator[None]:
        for _ in plan(build):
            if build.status != "IN_PROGRESS":
                build.say(f"{build.mark} end")
            yield

    return whole


def failure(phase: str, message: str, *, status: str = "FAILED", log: str = "") -> Plan:
    """A build that fails in a phase."""

    def plan(build: RemoteBuild) -> Iterator[None]:
        yield from until(build, phase)
        if log:
            build.say(log)
        build.end_phase(status, message, "COMMAND_EXECUTION_ERROR")
        build.begin("FINALIZING")
        build.end(status)
        build.say(f"{build.mark} end")
        yield

    return plan


def endless(build: RemoteBuild) -> Iterator[None]:
    """A build whose step takes for ever."""
    yield from until(build, "BUILD")
    build.say("#6 1.0 begun")
    while True:
        yield


def executed(stand_ins: Path, folder: Path, *, pauses: int = 0) -> Plan:
    """A build whose buildspec is run on this host, with programs of `stand_ins` in their place.

    Between the phases, and `pauses` times before the last, it waits to be asked for.
    """

    def plan(build: RemoteBuild) -> Iterator[None]:
        content: dict[str, Any] = json.loads(build.asked["buildspecOverride"])
        assert content["version"] == "0.2"
        for phase in _BEFORE[:-1]:
            build.begin(phase)
            yield
        carried = {**os.environ, **content["env"]["variables"]}
        carried |= {
            one["name"]: one["value"] for one in build.asked["environmentVariablesOverride"]
        }
        carried |= {
            "PATH": f"{stand_ins}:{os.environ['PATH']}",
            "HOME": str(folder),
            "STAND_IN_HOME": str(folder),
            "CODEBUILD_BUILD_SUCCEEDING": "1",
        }
        for phase in ("PRE_BUILD", "BUILD", "POST_BUILD"):
            for _ in range(pauses if phase == "POST_BUILD" else 0):
                yield
            build.begin(phase)
            status = _run(build, content["phases"][phase.lower()]["commands"], folder, carried)
            if status:
                build.end_phase("FAILED", f"Error while executing command: … exit {status}", "C")
                carried["CODEBUILD_BUILD_SUCCEEDING"] = "0"
                build.end("FAILED")
                return
            yield
        exported = content["env"]["exported-variables"]
        build.exported = {name: carried[name] for name in exported if carried.get(name)}
        build.end()

    return plan


def _run(build: RemoteBuild, commands: list[str], folder: Path, carried: dict[str, str]) -> int:
    """Run the commands one after the other in one shell, as CodeBuild does; keep what they set."""
    after = folder / "environment"
    lines = [f"{{ {command}\n}} || exit $?" for command in commands]
    script = "\n".join([*lines, f"env -0 > {after}"])
    done = subprocess.run(
        ["/bin/sh", "-c", script],
        env=carried,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    build.say(*done.stdout.splitlines())
    if done.returncode == 0:
        pairs = (one.partition("=") for one in after.read_text().split("\0") if one)
        carried |= {name: value for name, _, value in pairs}
    return done.returncode
