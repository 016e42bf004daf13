"""The console command, as a shell sees it."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from mobula import __version__
from mobula.cli import READER_LEFT, main

ROOT = Path(__file__).parents[2]
VALID = "head_node:\n  instance_type: local-small\n"
INVALID = "head_node:\n  instance_type: local-small\nworker_nodes: 3\nno_such_key: 1\n"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def mobula(tmp_path: Path) -> Run:
    """Runs `mobula` with arguments, without anything of the tests' own servers."""
    bare = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MOBULA_", "DJANGO_"))
        and name not in {"DATABASE_URL", "BROKER_URL"}
    }

    def run(
        *arguments: str, environment: Mapping[str, str] | None = None, text: str = ""
    ) -> subprocess.CompletedProcess[str]:
        home = {"MOBULA_HOME": str(tmp_path / "home")}
        return subprocess.run(
            [sys.executable, "-m", "mobula.cli", *arguments],
            env={**bare, **home, **(environment or {})},
            input=text,
            capture_output=True,
            text=True,
            cwd=ROOT,
            timeout=60,
            check=False,
        )

    return run


def test_it_tells_its_version(mobula: Run) -> None:
    assert mobula("--version").stdout == f"mobula {__version__}\n"


@pytest.mark.parametrize("arguments", [(), ("fly",), ("validate",)])
def test_wrong_usage_ends_with_2(mobula: Run, arguments: tuple[str, ...]) -> None:
    done = mobula(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: mobula")


def test_a_valid_file_ends_with_0(mobula: Run, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(VALID)
    done = mobula("validate", str(tmp_path / "config.yaml"))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("config.yaml is valid.\n")


def test_an_invalid_file_ends_with_1_and_lists_every_problem(mobula: Run) -> None:
    done = mobula("validate", "-", "--json", text=INVALID)
    problems = json.loads(done.stdout)
    assert done.returncode == 1
    assert {problem["path"] for problem in problems} >= {"worker_nodes", "no_such_key"}
    for problem in problems:
        assert list(problem) == ["path", "severity", "code", "message", "hint", "fix"]


def test_problems_are_printed_like_a_compilers(mobula: Run, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(INVALID)
    done = mobula("validate", str(file))
    assert done.returncode == 1
    assert any(
        line.startswith(f"{file}:4:") and "error: no_such_key:" in line
        for line in done.stdout.splitlines()
    )


def test_a_reader_that_leaves_early_sees_no_traceback(tmp_path: Path) -> None:
    keys = "".join(f"no_such_key_{number}: 1\n" for number in range(4000))
    (tmp_path / "config.yaml").write_text(keys)
    command = [sys.executable, "-m", "mobula.cli", "validate", str(tmp_path / "config.yaml")]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout
        assert program.stderr
        assert "no_such_key" in program.stdout.readline()
        program.stdout.close()
        assert program.stderr.read() == ""
        assert program.wait(timeout=30) == READER_LEFT


def test_commands_leave_the_signals_of_their_process_alone(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(VALID)
    before = signal.getsignal(signal.SIGPIPE)
    assert main(["validate", str(tmp_path / "config.yaml")]) == 0
    assert signal.getsignal(signal.SIGPIPE) == before


def test_a_file_that_cannot_be_read_ends_with_2(mobula: Run, tmp_path: Path) -> None:
    missing = mobula("validate", str(tmp_path / "none.yaml"))
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    binary = mobula("validate", str(tmp_path / "binary"))
    assert (missing.returncode, binary.returncode) == (2, 2)
    assert "none.yaml cannot be read" in missing.stderr
    assert "binary cannot be read" in binary.stderr


def test_validating_needs_neither_django_nor_a_database_driver(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(VALID)
    code = (
        "import sys; from mobula.cli import main; main(['validate', sys.argv[1]]);"
        "print(sorted({'django', 'celery', 'psycopg', 'redis'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "config.yaml")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_up_refuses_a_port_in_use_in_one_sentence(mobula: Run) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = str(listener.getsockname()[1])
        done = mobula("up", environment={"MOBULA_PORT": port})
    assert done.returncode == 2
    assert done.stderr.startswith(f"mobula: Port {port} is in use")
    assert "Traceback" not in done.stderr


def test_up_refuses_a_home_that_cannot_be_made(mobula: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = mobula("up", environment={"MOBULA_HOME": str(tmp_path / "file" / "home")})
    assert done.returncode == 2
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_health_fails_where_nothing_answers(mobula: Run) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = str(unused.getsockname()[1])
        done = mobula("health", environment={"MOBULA_PORT": port})
    assert done.returncode == 1
    assert port in done.stderr


def test_an_old_python_is_refused_in_one_sentence(tmp_path: Path) -> None:
    old = tmp_path / "python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = subprocess.run(
        [ROOT / "tools" / "python.sh"],
        env={**os.environ, "PYTHON": str(old)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "is not Python 3.12 or newer" in done.stderr


def test_the_first_suitable_python_is_found() -> None:
    done = subprocess.run(
        [ROOT / "tools" / "python.sh"],
        env={**os.environ, "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == sys.executable
