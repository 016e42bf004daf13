"""Before and after the stack runs: ports, leftovers, the sign-in link."""

import os
import signal
import socket
from collections.abc import Iterator

import pytest

from mobula.stack.errors import StackError
from mobula.stack.home import Home
from mobula.stack.ports import port_from_environment, refuse_port_in_use
from mobula.stack.process import Process, Program
from mobula.stack.up import end_leftovers, sign_in_path
from tests.stack.waiting import until


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port that this process listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_port_in_use_names_its_owner_and_another_port(taken_port: int) -> None:
    with pytest.raises(StackError) as refused:
        refuse_port_in_use(taken_port)
    sentence = str(refused.value)
    assert sentence.startswith(f"Port {taken_port} is in use by ")
    assert f"(process {os.getpid()})" in sentence
    assert "MOBULA_PORT=" in sentence


def test_a_free_port_passes(taken_port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
    assert port != taken_port
    refuse_port_in_use(port)


def test_the_port_is_8000_unless_the_environment_says_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("MOBULA_PORT", raising=False)
    assert port_from_environment() == 8000
    monkeypatch.setenv("MOBULA_PORT", "8123")
    assert port_from_environment() == 8123


@pytest.mark.parametrize("value", ["http", "0", "65536", "-1", "80.0"])
def test_a_port_that_is_none_is_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOBULA_PORT", value)
    with pytest.raises(StackError, match=f"MOBULA_PORT is '{value}'"):
        port_from_environment()


def test_leftovers_end_in_the_usual_order(home: Home, said: list[str]) -> None:
    processes = []
    for name in ("valkey", "beat", "migrate", "web"):
        program = Program(name=name, command=("sleep", "1000"))
        process = Process(program, log=home.log / "log", pid_file=home.run / f"{name}.pid")
        process.start()
        processes.append(process)
    end_leftovers(home, say=said.append)
    assert [line.split()[1] for line in said] == ["migrate", "beat", "web", "valkey"]
    until(lambda: not any(process.running() for process in processes))
    assert {process.exit_code for process in processes} == {-signal.SIGTERM}
    assert not list(home.run.glob("*.pid"))


@pytest.mark.parametrize(
    ("output", "path"),
    [
        ('{"sign_in_path": "/sign-in/abc/"}\n', "/sign-in/abc/"),
        ('a warning\n{"sign_in_path": "/x/"}\n', "/x/"),
        ('{"event": "log line"}\n', None),
        ('[1]\n{"sign_in_path": 3}\n', None),
        ("", None),
    ],
)
def test_the_sign_in_path_is_found_in_what_bootstrap_wrote(output: str, path: str | None) -> None:
    assert sign_in_path(output) == path
