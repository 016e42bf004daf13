"""A machine that is a directory: user data is unpacked into it and carried out there."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from ruamel.yaml import YAML

from tests.guard import guarded

STAND_INS = Path(__file__).with_name("stand_ins.py").read_text()
# What a machine has of its own; everything else is a stand-in or missing.
TOOLS = (
    "awk", "bash", "cat", "chmod", "cp", "cut", "grep", "mkdir", "mv", "od", "ps",
    "python3", "readlink", "rm", "sed", "sort", "tail", "tee", "touch", "timeout", "tr", "xargs",
)  # fmt: skip
ALWAYS = ("mount", "mkfs.ext4", "shutdown", "ss", "systemctl")
# Called often: in a language that starts at once. Time passes faster than the machine works.
SCRIPTS = {
    "date": """
now=${EPOCHREALTIME/[.,]/}
now=$(((SANDBOX_BORN + (now - SANDBOX_BORN) * SANDBOX_SPEED) / 1000000))
if [[ $1 == -u ]]; then exec date.real -u -d "@$now" "$2"; fi
echo "$now"
""",
    "sleep": """
exec sleep.real "$(awk "BEGIN {print $1 / $SANDBOX_HURRY}")"
""",
    "curl": """
[[ $* == *127.0.0.1* ]] && exec curl.real "$@"
echo "curl $*" >>"$SANDBOX/calls"
while [[ $1 != -o ]]; do shift; done
echo "from outside" >"$2"
""",
}
SPEED, HURRY = 100, 10
PYTHON = getattr(sys, "_base_executable", sys.executable)  # without what a virtual environment adds
PATIENCE = 30.0


class Sandbox:
    """The machine; its programs are gone when the block is left."""

    def __init__(
        self, text: str, *, metadata: str, programs: tuple[str, ...] = ("docker",)
    ) -> None:
        self._text, self._metadata = text, metadata
        self._programs = programs
        self.environment: dict[str, str] = {}
        self._boot: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        # Ray's sockets are below it: short.
        self.path = Path(tempfile.mkdtemp(prefix="boot-", dir="/tmp"))
        self._guard = guarded(self.path)
        self._guard.__enter__()
        self.root = self.path / "root"
        for folder in ("bin", "containers", "root/etc", "root/mnt", "root/dev", "r"):
            (self.path / folder).mkdir(parents=True)
        self._born = int(time.time() * 1e6)
        stand_ins = self.path / "stand_ins"
        stand_ins.write_text(f"#!{PYTHON} -IS\n{STAND_INS}")
        stand_ins.chmod(0o700)
        for tool in TOOLS:
            found = PYTHON if tool == "python3" else shutil.which(tool)
            assert found, f"{tool} is missing"
            (self.path / "bin" / tool).symlink_to(found)
        for name, script in SCRIPTS.items():
            real = shutil.which(name)
            assert real, f"{name} is missing"
            (self.path / f"bin/{name}.real").symlink_to(real)
            (self.path / "bin" / name).write_text(f"#!/bin/bash\n{script}")
            (self.path / "bin" / name).chmod(0o700)
        for name in (*ALWAYS, "apt-get", *self._programs):
            self.add(name)
        return self

    def __exit__(self, *_: object) -> None:
        for file in (self.path / "containers").glob("*.pid"):
            _end(int(file.read_text()))
        if self._boot is not None:
            self._boot.wait(PATIENCE)
        self._guard.__exit__(None, None, None)
        shutil.rmtree(self.path, ignore_errors=True)

    def add(self, program: str) -> None:
        (self.path / "bin" / program).symlink_to(self.path / "stand_ins")

    def remove(self, program: str) -> None:
        (self.path / "bin" / program).unlink()

    def fail(self, call: str, *, text: str, times: int = 1_000) -> None:
        """Let calls that match fail with these words."""
        file = self.path / "failures.json"
        known = json.loads(file.read_text()) if file.exists() else []
        file.write_text(json.dumps([*known, {"call": call, "text": text, "times": times}]))

    def boot(self, *, timeout: float = 120.0) -> int:
        """Do what cloud-init does with the user data; return the status of the last command."""
        return self.boot_in_background().wait(timeout)

    def boot_in_background(self) -> subprocess.Popen[bytes]:
        """Do what cloud-init does with the user data, without waiting for the last command."""
        config = YAML(typ="safe", pure=True).load(self._text)
        for file in config["write_files"]:
            target = self.root / file["path"].lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(file["content"])
            target.chmod(int(file["permissions"], 8))
        *before, last = config["runcmd"]
        for command in before:
            self._run(command).wait(PATIENCE)
        self._boot = process = self._run(last)
        (self.path / "containers/boot.pid").write_text(str(process.pid))
        return process

    def _run(self, command: list[str]) -> subprocess.Popen[bytes]:
        within = self.root if command[0].startswith("/") else self.path / "bin"
        return subprocess.Popen(
            [str(within / command[0].lstrip("/")), *command[1:]],
            env=self._variables(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def restart_watch(self) -> None:
        """Do what systemd does after the watch has ended."""
        self._run(["systemctl", "restart", "mobula-watch.service"]).wait(PATIENCE)

    def now(self) -> int:
        """The time of the machine, in seconds since 1970."""
        began = self._born / 1e6
        return int(began + (time.time() - began) * SPEED)

    def _variables(self) -> dict[str, str]:
        return {
            "PATH": str(self.path / "bin"),
            "HOME": str(self.path),
            "MOBULA_NODE_DIR": str(self.path),  # marks what runs here as the guard's
            "SANDBOX": str(self.path),
            "SANDBOX_SPEED": str(SPEED),
            "SANDBOX_HURRY": str(HURRY),
            "SANDBOX_BORN": str(self._born),
            "MOBULA_ROOT": str(self.root),
            "MOBULA_METADATA": self._metadata,
            **self.environment,
        }

    @property
    def calls(self) -> list[str]:
        """Every call of a stand-in but those for time."""
        return (self.path / "calls").read_text().splitlines()

    @property
    def log(self) -> str:
        return (self.root / "var/log/mobula-boot.log").read_text()

    @property
    def ended(self) -> str:
        """The reason for which the machine ended itself, or nothing."""
        file = self.path / "ended"
        return file.read_text() if file.exists() else ""

    def container(self, name: str) -> dict[str, list[str]]:
        """How a container was started: `words` after its image, and each option's values."""
        ran = json.loads((self.path / f"containers/{name}.json").read_text())
        return {**ran["options"], "words": ran["words"]}

    def end_container(self, name: str) -> None:
        _end(int((self.path / f"containers/{name}.pid").read_text()))


def eventually(holds: Callable[[], object], *, what: str, seconds: float = PATIENCE) -> None:
    """Wait until it holds; fail with these words if it does not."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.05)


def _end(pid: int) -> None:
    """End a process and all that it started."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
