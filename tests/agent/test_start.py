"""The agent is one file that old Pythons understand and that says why it cannot start."""

import ast
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from agent import bundle
from agent.config import ConfigError, read_config

ROOT = Path(bundle.__file__).parent
SOURCES = {source.relative_to(ROOT).as_posix(): source for source in sorted(ROOT.rglob("*.py"))}
COMPLETE: dict[str, Any] = {
    "url": "http://127.0.0.1:8000", "cluster": "c1", "run": 1, "token": "very-secret",
    "gcs_address": "127.20.1.1:1234", "dashboard_url": "http://127.0.0.1:8265",
}  # fmt: skip


@pytest.mark.parametrize("name", SOURCES)
def test_every_module_is_python_3_8(name: str) -> None:
    ast.parse(SOURCES[name].read_text(encoding="utf-8"), feature_version=(3, 8))


def test_the_bundle_holds_every_module_and_the_same_bytes_each_time(tmp_path: Path) -> None:
    bundled = bundle.write(tmp_path / bundle.NAME)
    names = set(zipfile.ZipFile(bundled).namelist())
    assert names == {"__main__.py", *(f"agent/{name}" for name in SOURCES)}
    assert {"agent/head/__init__.py", "agent/head/gcs.py", "agent/jobs/logs.py"} <= names
    assert bundled.read_bytes() == bundle.pack()


def test_ray_itself_is_never_imported(tmp_path: Path) -> None:
    script = (
        "import sys, agent.__main__, agent.head.gcs, grpc\n"
        "agent.head.gcs.load_messages()\n"
        "print(getattr(sys.modules['ray'], '__version__', 'not run'))"
    )
    environment = {"PYTHONPATH": str(bundle.write(tmp_path / bundle.NAME))}
    ran = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "not run"


def test_a_configuration_hides_its_tokens_and_ignores_what_it_does_not_know(tmp_path: Path) -> None:
    path = tmp_path / "agent.json"
    path.write_text(json.dumps({**COMPLETE, "ray_token": "hush", "from_the_future": 1}))
    config = read_config(path)
    assert (config.token, config.ray_token, config.shared_host) == ("very-secret", "hush", False)
    assert "very-secret" not in repr(config)
    assert "hush" not in repr(config)


@pytest.mark.parametrize("content", ["", "[]", json.dumps({"token": "very-secret"})])
def test_a_configuration_that_cannot_be_used_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "agent.json"
    path.write_text(content)
    with pytest.raises(ConfigError, match=r"agent\.json") as error:
        read_config(path)
    assert "very-secret" not in str(error.value)


def test_a_missing_configuration_ends_the_agent_with_a_log_line(tmp_path: Path) -> None:
    bundled = bundle.write(tmp_path / bundle.NAME)
    command = [sys.executable, str(bundled), str(tmp_path / "none.json")]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert "none.json" in json.loads(ran.stderr)["error"]
