"""The environment above the image's: what pip puts there is what was installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from agent.workspace.environment import Environment, has_jupyter, image_packages
from tests.providers.environments.wheels import wheel


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    made = Environment(tmp_path / "environments" / "1")
    assert made.prepare() == ""
    return made


def pip(environment: Environment, wheels: Path, *packages: str) -> None:
    command = ["-m", "pip", "install", "--no-index", "--find-links", str(wheels), *packages]
    ran = subprocess.run(
        [environment.python, *command], capture_output=True, text=True, check=False, timeout=120
    )
    assert ran.returncode == 0, ran.stderr


def python(environment: Environment, code: str) -> str:
    return subprocess.run(
        [environment.python, "-c", code], capture_output=True, text=True, check=True, timeout=60
    ).stdout.strip()


def test_it_sees_the_image_and_what_is_installed_above_it(
    environment: Environment, tmp_path: Path
) -> None:
    assert environment.installed() == []
    assert python(environment, "import iniconfig; print(iniconfig.__name__)") == "iniconfig"
    before = environment.changed_at()
    wheel(tmp_path, "tiny", "1.0", {"tiny.py": "VALUE = 7\n"})
    wheel(tmp_path, "iniconfig", "99.0", {"iniconfig/__init__.py": "MINE = True\n"})
    pip(environment, tmp_path, "tiny", "iniconfig==99.0")
    assert environment.changed_at() != before
    from importlib.metadata import version

    found = {one["name"]: one for one in environment.installed()}
    new = {"name": "tiny", "version": "1.0", "before": "", "source": "index"}
    before_it = version("iniconfig")
    upgraded = {"name": "iniconfig", "version": "99.0", "before": before_it, "source": "index"}
    assert found == {"iniconfig": upgraded, "tiny": new}
    assert (
        python(environment, "import tiny, iniconfig; print(tiny.VALUE, iniconfig.MINE)") == "7 True"
    )
    assert not any((path / "tiny.py").exists() for path in image_packages())


def test_what_came_from_a_file_is_told(environment: Environment, tmp_path: Path) -> None:
    wheel(tmp_path, "tiny", "1.0", {"tiny.py": "VALUE = 7\n"})
    pip(environment, tmp_path, str(tmp_path / "tiny-1.0-py3-none-any.whl"))
    assert [one["source"] for one in environment.installed()] == ["file"]


def test_a_second_start_keeps_what_was_installed(environment: Environment, tmp_path: Path) -> None:
    wheel(tmp_path, "tiny", "1.0", {"tiny.py": "VALUE = 7\n"})
    pip(environment, tmp_path, "tiny")
    again = Environment(environment.path)
    assert again.prepare() == ""
    assert [one["name"] for one in again.installed()] == ["tiny"]


def test_one_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    (tmp_path / "environments").write_text("not a folder")
    with pytest.raises(OSError, match="environments"):
        Environment(tmp_path / "environments" / "1").prepare()


def test_a_half_made_one_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "environments" / "1"
    path.mkdir(parents=True)
    (path / "rest").write_text("of a start that was killed")
    environment = Environment(path)
    assert environment.prepare() == ""
    assert not (path / "rest").exists()
    assert python(environment, "import sys; print(sys.prefix)") == str(path)


def test_jupyter_is_looked_for_in_the_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path / "site-packages")])
    assert not has_jupyter()
    (tmp_path / "site-packages" / "jupyterlab").mkdir(parents=True)
    (tmp_path / "site-packages" / "jupyterlab" / "__init__.py").touch()
    assert has_jupyter()
