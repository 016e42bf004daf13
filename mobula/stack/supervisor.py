"""The supervisor: starts programs in order, starts what died again, stops all in reverse."""

import contextlib
import shutil
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mobula.stack.errors import StackError
from mobula.stack.home import Home
from mobula.stack.process import Process, Program

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 10.0
STEADY_SECONDS = 30.0  # a program that ran this long starts with the shortest pause again
POLL_SECONDS = 0.1
LOG_BYTES = 10 * 2**20
LOG_POLL_SECONDS = 5.0


class Stopping(Exception):
    """The user requested a stop during a wait."""


@dataclass
class Child:
    """A process with its restarts: when it came up, when to try again and after which pause."""

    process: Process
    started: float
    pause: float = FIRST_PAUSE_SECONDS
    due: float | None = None

    @property
    def name(self) -> str:
        """The name of the program."""
        return self.process.program.name


class Supervisor:
    """The children of one `mobula up`. `say` takes each line meant for the terminal."""

    def __init__(self, home: Home, *, say: Callable[[str], None]) -> None:
        self.home = home
        self.say = say
        self._children: list[Child] = []
        self._asked_to_stop = threading.Event()

    def heed_signals(self) -> None:
        """Take Ctrl-C, SIGTERM and a closed terminal as the wish to stop."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self._asked_to_stop.set())

    def pause(self, seconds: float = POLL_SECONDS) -> None:
        """Wait; raises Stopping as soon as the user wants to stop."""
        if self._asked_to_stop.wait(seconds):
            self.say("Stopping …")
            raise Stopping

    def runs(self, name: str) -> bool:
        """Return whether a program of this name was started, and is kept running."""
        return any(child.name == name for child in self._children)

    def start(self, program: Program) -> Process:
        """Start a program that shall run for as long as the supervisor does."""
        process = self._process(program)
        # Known before it starts, so that no signal can come between and leave it behind.
        self._children.append(Child(process, started=time.monotonic()))
        process.start()
        return process

    def end(self, name: str) -> None:
        """Stop the programs of this name, and do not start them again."""
        for child in [child for child in self._children if child.name == name]:
            child.process.stop()
            self._children.remove(child)

    def wait_until(self, ready: Callable[[], bool], *, process: Process, seconds: float) -> None:
        """Wait until `ready`; raises StackError with the log's end when the process fails first."""
        name = process.program.name
        deadline = time.monotonic() + seconds
        while not ready():
            if not process.running():
                raise StackError(f"{name} exited before it was ready. {log_end(process.log)}")
            if time.monotonic() > deadline:
                raise StackError(f"{name} was not ready in {seconds:.0f} s: see {process.log}.")
            self.pause(POLL_SECONDS / 2)

    def run_to_end(self, program: Program) -> str:
        """Run a program once and return what it wrote; raises StackError when it fails."""
        process = self._process(program)
        process.log.unlink(missing_ok=True)
        with process:
            while process.running():
                self.pause(POLL_SECONDS / 2)
            if process.exit_code:
                raise StackError(f"{program.name} failed. {log_end(process.log)}")
        return process.log.read_text()

    def watch(self, *, look: Callable[[], None] = lambda: None) -> None:
        """Keep the children running and their logs small until the user wants to stop.

        `look` is called every few seconds; it may start and end some.
        """
        next_look = 0.0
        with contextlib.suppress(Stopping):
            while True:
                now = time.monotonic()
                for child in self._children:
                    self._tend(child, now=now)
                if now >= next_look:
                    next_look = now + LOG_POLL_SECONDS
                    look()
                    for child in self._children:
                        rotate(child.process.log, limit=LOG_BYTES)
                self.pause()

    def stop(self) -> None:
        """Stop the children, last started first."""
        while self._children:
            child = self._children[-1]
            child.process.stop()
            self._children.pop()

    def _tend(self, child: Child, *, now: float) -> None:
        """Note an end, and start the program again once its pause has ended."""
        if child.process.running():
            return
        if child.due is None:
            if now - child.started > STEADY_SECONDS:
                child.pause = FIRST_PAUSE_SECONDS
            child.due = now + child.pause
            child.process.bury()
            ending = describe(child.process.exit_code)
            when = f"restarting in {child.pause:g} s"
            self.say(f"{child.name} {ending}; {when} (log: {child.process.log}).")
            child.pause = min(2 * child.pause, LONGEST_PAUSE_SECONDS)
        elif now >= child.due:
            child.due, child.started = None, now
            try:
                child.process.start()
            except (StackError, OSError) as error:
                self.say(f"{child.name} did not start: {error}")
            else:
                self.say(f"{child.name} is running again.")

    def _process(self, program: Program) -> Process:
        log = self.home.log / f"{program.name}.log"
        return Process(program, log=log, pid_file=self.home.run / f"{program.name}.pid")


def describe(exit_code: int | None) -> str:
    """Return how a process ended, in words."""
    if exit_code is not None and exit_code < 0:
        return f"was killed by {signal.Signals(-exit_code).name}"
    return f"exited with code {exit_code}"


def log_end(log: Path, *, lines: int = 12) -> str:
    """Return where a log is, and its last lines."""
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - 16384))
        tail = stream.read().decode(errors="replace").splitlines()[-lines:]
    return "\n".join([f"Last lines of {log}:", *(f"  {line}" for line in tail)])


def rotate(log: Path, *, limit: int) -> None:
    """Move a log that passed `limit` bytes to `.1`; its writer appends and need not reopen it.

    On a full disk there is no room for the copy: then the log is emptied without one.
    """
    if log.exists() and log.stat().st_size > limit:
        copy = log.with_name(f"{log.name}.1")
        try:
            shutil.copyfile(log, copy)
        except OSError:
            copy.unlink(missing_ok=True)
        with log.open("r+b") as stream:
            stream.truncate(0)
