"""The supervisor: restarts what dies, says so in a line, stops in order."""

import errno
import os
import shutil
import signal
import sys
from pathlib import Path

import pytest

from clouds.demo_home import DemoHome
from mobula.stack import up
from mobula.stack.errors import StackError
from mobula.stack.home import Home
from mobula.stack.identity import Identity
from mobula.stack.process import Program
from mobula.stack.supervisor import Stopping, Supervisor, describe, rotate

pytestmark = pytest.mark.usefixtures("no_child_left")


@pytest.fixture
def supervisor(home: Home, said: list[str]) -> Supervisor:
    """A supervisor without children."""
    return Supervisor(home, say=said.append)


def sleeper(name: str) -> Program:
    """Return a program that does nothing until it is told to end."""
    return Program(name=name, command=("sleep", "1000"))


def python(name: str, code: str) -> Program:
    """Return a program that runs Python code."""
    return Program(name=name, command=(sys.executable, "-c", code))


def watch_until(
    supervisor: Supervisor, line: str, *, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let the supervisor watch until it has said `line`."""

    def pause(seconds: float = 0.01) -> None:
        if any(line in words for words in said):
            raise Stopping
        os.sched_yield()
        signal.sigtimedwait([], min(seconds, 0.01))

    monkeypatch.setattr(supervisor, "pause", pause)
    supervisor.watch()


def test_a_killed_child_is_started_again_and_both_are_said(
    supervisor: Supervisor, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    process = supervisor.start(sleeper("worker"))
    first = process.pid
    assert first
    os.kill(first, signal.SIGKILL)
    watch_until(supervisor, "is running again", said=said, monkeypatch=monkeypatch)
    log = supervisor.home.log / "worker.log"
    assert said == [
        f"worker was killed by SIGKILL; restarting in 0.5 s (log: {log}).",
        "worker is running again.",
    ]
    assert process.running()
    assert process.pid != first
    supervisor.stop()


def test_a_child_that_keeps_ending_gets_longer_pauses(
    supervisor: Supervisor, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    supervisor.start(python("web", "exit(3)"))
    watch_until(supervisor, "restarting in 1 s", said=said, monkeypatch=monkeypatch)
    assert said[0].startswith("web exited with code 3; restarting in 0.5 s")
    assert said[-1].startswith("web exited with code 3; restarting in 1 s")
    supervisor.stop()


def test_children_stop_last_started_first(supervisor: Supervisor, short_path: Path) -> None:
    order = short_path / "order"
    code = (
        "import signal, sys, time\n"
        "def end(*_):\n    open({file!r}, 'a').write({name!r} + ' '); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "open({ready!r}, 'w').close()\n"
        "while True: time.sleep(1)"
    )
    for name in ("web", "worker", "beat"):
        ready = short_path / f"{name}-ready"
        program = python(name, code.format(file=str(order), name=name, ready=str(ready)))
        process = supervisor.start(program)
        supervisor.wait_until(ready.exists, process=process, seconds=20)
    supervisor.stop()
    assert order.read_text().split() == ["beat", "worker", "web"]


def test_a_child_that_ends_while_awaited_shows_the_end_of_its_log(supervisor: Supervisor) -> None:
    process = supervisor.start(python("web", "raise ValueError('no such setting')"))
    with pytest.raises(StackError, match=r"(?s)web exited before it was ready.*no such setting"):
        supervisor.wait_until(lambda: False, process=process, seconds=20)
    supervisor.stop()


def test_a_program_run_to_its_end_gives_its_output(supervisor: Supervisor) -> None:
    assert supervisor.run_to_end(python("migrate", "print('done')")) == "done\n"
    assert supervisor.run_to_end(python("migrate", "print('again')")) == "again\n"


def test_a_program_that_fails_shows_the_end_of_its_log(supervisor: Supervisor) -> None:
    with pytest.raises(StackError, match=r"(?s)migrate failed.*table is missing"):
        supervisor.run_to_end(python("migrate", "raise SystemExit('table is missing')"))


def test_a_signal_ends_every_wait(supervisor: Supervisor) -> None:
    kept = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    supervisor.heed_signals()
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(Stopping):
            supervisor.run_to_end(sleeper("migrate"))
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


def test_a_long_log_is_moved_and_its_writer_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"old" * 10)
        rotate(log, limit=20)
        writer.write(b"new")
    assert log.read_text() == "new"
    assert (tmp_path / "web.log.1").read_text() == "old" * 10


def test_on_a_full_disk_a_long_log_is_emptied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def copy(source: Path, target: Path) -> None:
        target.write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device", str(target))

    monkeypatch.setattr(shutil, "copyfile", copy)
    log = tmp_path / "web.log"
    log.write_text("old" * 10)
    rotate(log, limit=20)
    assert log.read_text() == ""
    assert not (tmp_path / "web.log.1").exists()


def test_a_child_comes_back_once_the_disk_has_room(
    supervisor: Supervisor, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    process = supervisor.start(sleeper("worker"))
    assert process.pid
    os.kill(process.pid, signal.SIGKILL)
    full = [OSError(errno.ENOSPC, "No space left on device")]
    note = Identity.write

    def write(identity: Identity, path: Path) -> None:
        if full:
            raise full.pop()
        note(identity, path)

    monkeypatch.setattr(Identity, "write", write)
    watch_until(supervisor, "is running again", said=said, monkeypatch=monkeypatch)
    assert any("worker did not start: [Errno 28]" in line for line in said)
    assert process.running()
    assert process.pid_file.exists()
    supervisor.stop()


def test_a_short_log_stays(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_text("short")
    rotate(log, limit=20)
    rotate(tmp_path / "missing.log", limit=20)
    assert log.read_text() == "short"


def test_ends_are_described() -> None:
    assert describe(-9) == "was killed by SIGKILL"
    assert describe(1) == "exited with code 1"


def test_the_demo_cloud_runs_from_when_it_is_added_until_it_is_deleted(
    home: Home, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    program = Program(name=up.DEMO, command=("sleep", "1000"))
    monkeypatch.setattr("mobula.stack.programs.demo_cloud", lambda **_: program)
    supervisor, demo = Supervisor(home, say=said.append), DemoHome(home.path)

    def looked() -> bool:
        up._tend_demo(supervisor, {})
        return supervisor.runs(up.DEMO)

    assert not looked()
    demo.want()
    assert looked()
    assert looked()
    demo.leave()
    assert not looked()
    demo.want()
    assert looked()
    supervisor.stop()
    assert said == ["Starting the demo AWS …", "Stopping the demo AWS …", "Starting the demo AWS …"]
