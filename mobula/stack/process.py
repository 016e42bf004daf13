"""One child process: started in a session of its own, noted in a file, stopped for certain."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from mobula.stack.accounts import SystemAccount
from mobula.stack.errors import StackError
from mobula.stack.identity import Identity

POLL_SECONDS = 0.02


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to run: a command line, its environment, its account and how it likes to end.

    `patience` is how many seconds it gets between its stop signal and SIGKILL; `prepare` is called
    before each start.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] | None = None
    account: SystemAccount | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    patience: float = 10.0
    directory: Path = Path("/")
    prepare: Callable[[], None] | None = None


class Process:
    """A running `Program`; a context manager that starts it and leaves nothing behind."""

    def __init__(self, program: Program, *, log: Path, pid_file: Path) -> None:
        self.program = program
        self.log = log
        self.pid_file = pid_file
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Process":
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    @property
    def pid(self) -> int | None:
        """The id of the process, None before the first start."""
        return self._child.pid if self._child else None

    @property
    def exit_code(self) -> int | None:
        """How it ended (negative: by that signal); None while it runs."""
        return self._child.poll() if self._child else None

    def running(self) -> bool:
        """Return whether it was started and has not ended."""
        return self._child is not None and self._child.poll() is None

    def start(self) -> None:
        """Start the program; its output is appended to the log.

        What could not be noted in the pid file does not run: nobody would find it after a crash.
        """
        program = self.program
        if program.prepare:
            program.prepare()
        account = program.account
        other = None if account is None or account.is_own else account
        with self.log.open("ab") as log:
            try:
                self._child = subprocess.Popen(
                    program.command,
                    env=dict(program.environment) if program.environment is not None else None,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    # Ctrl-C in the terminal must reach the supervisor alone: it stops in order.
                    start_new_session=True,
                    user=other.uid if other else None,
                    group=other.gid if other else None,
                    extra_groups=() if other else None,
                    cwd=program.directory,
                )
            except OSError as error:
                raise StackError(f"{program.command[0]} failed to start: {error}.") from error
        if identity := Identity.of(self._child.pid):
            try:
                identity.write(self.pid_file)
            except OSError:
                self.bury()
                raise

    def stop(self) -> None:
        """End the program by its own signal, or by SIGKILL after its grace period."""
        if self._child is None:
            return
        if self._child.poll() is None:
            self._child.send_signal(self.program.stop_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(timeout=self.program.patience)
        self.bury()

    def bury(self) -> None:
        """End what is left of the program's process group and forget its pid file."""
        if self._child is None:
            return
        end_group(self._child.pid)
        self._child.wait()
        self.pid_file.unlink(missing_ok=True)


def end_group(leader: int) -> None:
    """Kill every process in the group of `leader`, which we started as a group of its own."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def end_leftover(pid_file: Path, *, stop_signal: signal.Signals, patience: float) -> int | None:
    """End the process a former supervisor noted in `pid_file`; return its id if it still ran.

    Its leader may be gone while members of its group, such as a worker's pool, live on.
    """
    identity = Identity.read(pid_file)
    if identity is None:
        pid_file.unlink(missing_ok=True)
        return None
    lived = identity.alive()
    if lived:
        os.kill(identity.pid, stop_signal)
        deadline = time.monotonic() + patience
        while identity.alive() and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
    if identity.alive() or (Identity.of(identity.pid) is None and _has_members(identity)):
        lived = True
        end_group(identity.pid)
    pid_file.unlink(missing_ok=True)
    return identity.pid if lived else None


def _has_members(leader: Identity) -> bool:
    """Return whether processes of our own user still form the group that `leader` opened."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            same_group = os.getpgid(process.pid) == leader.pid
            if same_group and process.uids().real == os.getuid():
                return process.create_time() > leader.started
    return False
