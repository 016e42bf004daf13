"""Keeps one local node: starts its Ray at most once and leaves no process behind.

Run as `python -I -S keeper.py` with a request (see `commands.py`) as JSON on standard input. The
call returns as soon as the node's record is written; the keeper itself lives on in a session of
its own, as the ancestor of every process of the node. Standard library only, and few modules: a
node starts later by whatever this file imports.

What makes it safe to be called twice, late, or after a crash: under an exclusive lock the record
`node.json` is written before Ray starts, and a name with a record, or with the tombstone `ended`
in its own or its cluster's directory, is never started. The tombstone is looked for after the
record is written; `terminate` writes it before it looks for the record: one of both sees the other.

Started by root with a user ID in its request, it becomes that user before anything of the node
runs. All that it writes later it has opened before: no job can forge what root reads.
"""

import fcntl
import json
import os
import select
import shutil
import signal
import socket
import sys
import time
from typing import Any

# Isolated, Python does not look beside this file; what is found there needs no environment.
_HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - pathlib costs 10 ms
sys.path.append(os.path.dirname(os.path.dirname(_HERE)))  # noqa: PTH120

from providers.local.children import (  # noqa: E402
    become_subreaper,
    become_user,
    kill_descendants,
    redirect,
    spawn,
)

PATIENCE_SECONDS = 5.0  # between asking Ray to end and SIGKILL
PATIENCE_WITH_BOOT_SECONDS = 1.0  # a Ray that still boots has no work, and does not listen
TICK_SECONDS = 0.05  # while something is waited for that sends no signal
TURN_SECONDS = 60.0  # how long a start may keep the next one waiting
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 60.0  # an agent that lived so long is started again at once
STARTED = b"Ray runtime started"
LONGEST_LOG_READ = 2**20
APPEND = os.O_RDWR | os.O_CREAT | os.O_APPEND


def main() -> int:
    """Leave a keeper behind; return 0 when the node's fate is on record, 1 when it is not."""
    request = json.load(sys.stdin)
    fate, writer = os.pipe()
    if os.fork():
        os.close(writer)
        return 0 if os.read(fate, 1) else 1
    os.close(fate)
    os.setsid()
    os.umask(0o077)
    os.chdir(request["directory"])
    redirect(sys.stdin.fileno(), os.devnull, os.O_RDONLY)
    record = {**request["record"], "pid": os.getpid(), "started": time.time()}
    keeper = Keeper(request, record)  # listens from here on: a signal is not lost, nor deadly
    lock = _claim(record)
    os.write(writer, b".")
    os.close(writer)
    for stream in (sys.stdout, sys.stderr):
        redirect(stream.fileno(), "keeper.log", APPEND)
    if lock is not None:
        keeper.open_files()
        if keeper.give_up_root():
            keeper.run()
    os._exit(0)


def _claim(record: dict[str, Any]) -> int | None:
    """Return the open lock when this process is the one that may start the node."""
    lock = os.open("lock", os.O_RDWR | os.O_CREAT, 0o600)
    if not _locked(lock) or os.path.exists("node.json"):  # noqa: PTH110 - pathlib costs 10 ms here
        return None
    _write("node.json", record)
    return None if _ended() else lock


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _ended() -> bool:
    return any(os.path.exists(path) for path in ("ended", "../ended"))  # noqa: PTH110


def _write(path: str, value: dict[str, Any], *, group: int | None = None) -> None:
    with open(f"{path}.new", "w") as draft:  # noqa: PTH123
        json.dump(value, draft)
        if group is not None:
            os.fchown(draft.fileno(), -1, group)
            os.fchmod(draft.fileno(), 0o640)
    os.replace(f"{path}.new", path)  # noqa: PTH105


class Keeper:
    """The life of one node, as a loop that wakes up for signals."""

    def __init__(self, request: dict[str, Any], record: dict[str, Any]) -> None:
        self.request = request
        self.record = record
        self.ray = 0  # process ids; 0: not running
        self.agent = 0
        self.agent_due = 0.0
        self.agent_started = 0.0
        self.pause = 1.0
        self.stop_wanted = False
        self.agent_outdated = False
        self.progress = self.ray_log = self.agent_log = -1
        self.turns: list[int] = []
        self.turn: int | None = None
        self.turn_until = 0.0
        self.wakeup = self._listen()

    def open_files(self) -> None:
        """Open what this process writes later, and write what the agent reads."""
        self.progress = os.open("progress.jsonl", APPEND, 0o600)
        self.ray_log = os.open("ray.log", APPEND, 0o600)
        self.agent_log = os.open("agent.log", APPEND, 0o600)
        self.turns = [
            os.open(path, os.O_RDWR | os.O_CREAT, 0o600) for path in self.request["turns"]
        ]
        if self.request["agent_config"]:
            path, group = self.record["agent_file"], self.record["uid"]
            _write(path, self.request["agent_config"], group=group)

    def give_up_root(self) -> bool:
        """Become the node's user, if it has one of its own; False: it must not start."""
        become_subreaper()
        if self.record["uid"] is None:
            return True
        try:
            become_user(self.record["uid"])
        except OSError as error:
            os.write(self.ray_log, f"The node's user ID cannot be set: {error}\n".encode())
            self._note(exit_code=1, exited_at=time.time())
            return False
        return True

    def run(self) -> None:
        """Start everything, look after it until Ray ends or is to end, and clean up."""
        self._wait_for_turn()
        if not self.stop_wanted:
            self.ray = self._spawn(self.request["command"], self.ray_log)
            self.turn_until = time.monotonic() + TURN_SECONDS
            self._note(ray_pid=self.ray)
        while self.ray and not self.stop_wanted:
            self._look_after_agent()
            self._look_for_answer()
            self._end_turn()
            self._sleep()
            self._reap()
        self._stop()

    def _listen(self) -> int:
        wakeup, write_end = os.pipe()
        for end in (wakeup, write_end):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, self._want_stop)
        signal.signal(signal.SIGHUP, self._want_new_agent)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        return wakeup

    def _want_stop(self, *_: object) -> None:
        self.stop_wanted = True

    def _want_new_agent(self, *_: object) -> None:
        self.agent_outdated = True

    def _spawn(self, command: list[str], log: int) -> int:
        directory = self.record["temp_dir"]
        return spawn(command, self.request["environment"], log=log, directory=directory)

    def _note(self, **facts: object) -> None:
        self.record.update(facts)
        os.write(self.progress, f"{json.dumps(facts)}\n".encode())

    def _wait_for_turn(self) -> None:
        """Hold one of the turns, each a lock, while Ray starts: too many at once time out."""
        while self.turn is None and not self.stop_wanted:
            self.turn = next((turn for turn in self.turns if _locked(turn)), None)
            if self.turn is None:
                self._doze(TICK_SECONDS)
        for turn in self.turns:
            if turn != self.turn:
                os.close(turn)

    def _end_turn(self) -> None:
        if self.turn is None:
            return
        if self._ray_started() or time.monotonic() > self.turn_until:
            os.close(self.turn)
            self.turn = None

    def _look_for_answer(self) -> None:
        """Note when a head's GCS accepts connections for the first time."""
        if not self.record["gcs_address"] or self.record["answered"]:
            return
        host, _, port = self.record["gcs_address"].rpartition(":")
        with socket.socket() as probe:
            probe.settimeout(0.2)
            if probe.connect_ex((host, int(port))) == 0:
                self._note(answered=time.time())

    def _look_after_agent(self) -> None:
        if self.agent_outdated:
            self.agent_outdated = False
            self.agent_due = 0.0
            self.pause = 1.0
            if self.agent:
                os.kill(self.agent, signal.SIGTERM)  # its successor starts once it is gone
        command = self.request["agent_command"]
        ready = os.path.exists(self.record["agent_file"])  # noqa: PTH110
        if command and ready and not self.agent and time.monotonic() >= self.agent_due:
            self.agent = self._spawn(command, self.agent_log)
            self.agent_started = time.monotonic()

    def _sleep(self) -> None:
        waits_for_answer = self.record["gcs_address"] and not self.record["answered"]
        if waits_for_answer or self.turn is not None:
            self._doze(TICK_SECONDS)
        elif self.request["agent_command"] and not self.agent:
            self._doze(max(TICK_SECONDS, self.agent_due - time.monotonic()))
        else:
            self._doze(None)

    def _doze(self, seconds: float | None) -> None:
        if select.select([self.wakeup], [], [], seconds)[0]:
            os.read(self.wakeup, 4096)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            if pid == self.ray:
                self.ray = 0
                self._note(exit_code=os.waitstatus_to_exitcode(status), exited_at=time.time())
            elif pid == self.agent:
                self.agent = 0
                self._plan_agent()

    def _plan_agent(self) -> None:
        lived = time.monotonic() - self.agent_started
        if lived > STEADY_SECONDS:
            self.pause = 1.0
        self.agent_due = 0.0 if self.agent_outdated else time.monotonic() + self.pause
        self.pause = min(LONGEST_PAUSE_SECONDS, self.pause * 2)

    def _stop(self) -> None:
        """End Ray as it likes, then whatever is left of the node by SIGKILL."""
        for pid in (self.agent, self.ray):
            if pid:
                os.kill(pid, signal.SIGTERM)
        patience = PATIENCE_SECONDS if self._ray_started() else PATIENCE_WITH_BOOT_SECONDS
        deadline = time.monotonic() + patience
        while self.ray and time.monotonic() < deadline:
            self._doze(TICK_SECONDS)
            self._reap()
        for pid in (self.agent, self.ray):
            if pid:
                os.kill(pid, signal.SIGKILL)
        kill_descendants()
        if self.stop_wanted or _ended():
            shutil.rmtree(self.record["temp_dir"], ignore_errors=True)
        if sys.platform != "linux":
            os.killpg(0, signal.SIGKILL)

    def _ray_started(self) -> bool:
        return STARTED in os.pread(self.ray_log, LONGEST_LOG_READ, 0)


if __name__ == "__main__":
    sys.exit(main())
