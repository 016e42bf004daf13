"""Processes: told apart by start time, ended as they like, never left behind."""

import errno
import os
import signal
import sys
from pathlib import Path

import pytest

from mobula.stack.errors import StackError
from mobula.stack.identity import Identity
from mobula.stack.process import Process, Program, end_leftover
from tests.stack.waiting import until

pytestmark = pytest.mark.usefixtures("no_child_left")
POLITE = "import signal, time; signal.signal(signal.SIGTERM, lambda *_: print('bye') or exit(0))"
FOREVER = "\nprint('ready', flush=True)\nwhile True: time.sleep(1)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)" + FOREVER
PARENT = (
    "import subprocess, sys, time; child = subprocess.Popen(['sleep', '1000']);"
    "print(child.pid)" + FOREVER
)


def python(code: str, directory: Path, *, patience: float = 10.0) -> Process:
    """Return a process that runs Python code and logs into the directory."""
    command = (sys.executable, "-c", code)
    program = Program(name="program", command=command, patience=patience)
    return Process(program, log=directory / "log", pid_file=directory / "program.pid")


def ready(process: Process) -> bool:
    """Return whether the program has said so."""
    return "ready" in process.log.read_text()


def test_it_may_end_as_it_likes(tmp_path: Path) -> None:
    with python(POLITE + FOREVER, tmp_path) as process:
        until(lambda: ready(process))
    assert process.exit_code == 0
    assert process.log.read_text() == "ready\nbye\n"


def test_one_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    with python(STUBBORN, tmp_path, patience=0.2) as process:
        until(lambda: ready(process))
    assert process.exit_code == -signal.SIGKILL


def test_its_children_do_not_outlive_it(tmp_path: Path) -> None:
    with python(PARENT, tmp_path) as process:
        until(lambda: ready(process))
        child = Identity.of(int(process.log.read_text().split()[0]))
        assert child
    until(lambda: not child.alive())


def test_what_cannot_be_noted_does_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(identity: Identity, path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(Identity, "write", write)
    process = python(FOREVER, tmp_path)
    with pytest.raises(OSError, match="No space left on device"):
        process.start()
    assert not process.running()


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    program = Program(name="none", command=("/nonexistent/program",))
    process = Process(program, log=tmp_path / "log", pid_file=tmp_path / "pid")
    with pytest.raises(StackError, match="/nonexistent/program failed to start"):
        process.start()


def test_another_process_with_the_same_id_is_not_the_same(tmp_path: Path) -> None:
    mine = Identity.of(os.getpid())
    assert mine
    assert mine.alive()
    former = Identity(pid=mine.pid, started=mine.started - 60)
    assert not former.alive()
    former.write(tmp_path / "former.pid")
    ended = end_leftover(tmp_path / "former.pid", stop_signal=signal.SIGTERM, patience=1)
    assert ended is None
    assert not (tmp_path / "former.pid").exists()


@pytest.mark.parametrize("text", ["", "12", "{}", '{"pid": "x", "started": 1}', "[1]"])
def test_a_broken_pid_file_names_no_process(tmp_path: Path, text: str) -> None:
    file = tmp_path / "broken.pid"
    file.write_text(text)
    assert Identity.read(file) is None
    assert end_leftover(file, stop_signal=signal.SIGTERM, patience=1) is None


def test_a_leftover_is_ended_by_its_pid_file(tmp_path: Path) -> None:
    process = python(STUBBORN, tmp_path)
    process.start()
    until(lambda: ready(process))
    ended = end_leftover(process.pid_file, stop_signal=signal.SIGTERM, patience=0.2)
    assert ended == process.pid
    until(lambda: not process.running())


def test_the_group_of_a_dead_leftover_is_ended(tmp_path: Path) -> None:
    process = python(PARENT, tmp_path)
    process.start()
    until(lambda: ready(process))
    child = Identity.of(int(process.log.read_text().split()[0]))
    assert child
    assert process.pid
    os.kill(process.pid, signal.SIGKILL)
    until(lambda: not process.running())
    ended = end_leftover(process.pid_file, stop_signal=signal.SIGTERM, patience=1)
    assert ended == process.pid
    until(lambda: not child.alive())
