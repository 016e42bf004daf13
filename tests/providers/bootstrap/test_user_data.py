"""The text that machines are launched with: as checked in, and right for those who read it."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from providers.base import InvalidRequest
from providers.bootstrap.node import BootNode, Machines
from providers.bootstrap.user_data import MOST_BYTES, user_data
from tests.providers.bootstrap.nodes import HEAD, VARIATIONS, WORKER

GOLDEN = Path(__file__).with_name("golden")
CI = bool(os.environ.get("CI"))


def program(name: str) -> str:
    """Return a program of Debian; without it CI fails, and elsewhere the test is skipped."""
    found = shutil.which(name)
    if found is None and not CI:
        pytest.skip(f"{name} is not installed: apt-get install {name}")
    assert found, f"CI lacks {name}: .ci/run installs it"
    return found


@pytest.fixture(params=VARIATIONS)
def name(request: Any) -> str:
    return str(request.param)


def test_user_data_is_as_checked_in(name: str) -> None:
    """With MOBULA_GOLDEN=write, the files are written again: read the difference first."""
    file, text = GOLDEN / f"{name}.yaml", user_data(VARIATIONS[name])
    if os.environ.get("MOBULA_GOLDEN") == "write":
        GOLDEN.mkdir(exist_ok=True)
        file.write_text(text)
    assert text == file.read_text()


def test_no_golden_file_is_left_over() -> None:
    assert {file.stem for file in GOLDEN.iterdir()} == set(VARIATIONS)


def test_cloud_init_accepts_it(name: str, tmp_path: Path) -> None:
    file = tmp_path / "user-data"
    file.write_text(user_data(VARIATIONS[name]))
    ran = subprocess.run(
        [program("cloud-init"), "schema", "--config-file", str(file)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "Valid" in ran.stdout


def test_cloud_init_would_notice(tmp_path: Path) -> None:
    file = tmp_path / "user-data"
    file.write_text("#cloud-config\nwrite_files:\n- path: 7\n")
    ran = subprocess.run(
        [program("cloud-init"), "schema", "--config-file", str(file)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode != 0


def test_shellcheck_finds_nothing(name: str, tmp_path: Path) -> None:
    checked = shell_programs(VARIATIONS[name], tmp_path)
    ran = shellcheck(checked, folder=tmp_path)
    assert ran.returncode == 0, ran.stdout


def test_shellcheck_would_notice(tmp_path: Path) -> None:
    checked = shell_programs(HEAD, tmp_path)
    with (tmp_path / "boot").open("a") as boot:
        boot.write("rm -rf $UNKNOWN/*\n")
    assert shellcheck(checked, folder=tmp_path).returncode != 0


def shell_programs(node: BootNode, folder: Path) -> list[str]:
    files = YAML(typ="safe", pure=True).load(user_data(node))["write_files"]
    for file in files:
        (folder / Path(file["path"]).name).write_text(file["content"])
    return ["boot", "watch"]  # both read `common`


def shellcheck(names: list[str], *, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program("shellcheck"), "--external-sources", "--check-sourced", *names],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_same_node_gives_the_same_text() -> None:
    assert user_data(HEAD) == user_data(replace(HEAD))


def test_all_variations_fit_with_room_for_labels(name: str) -> None:
    assert len(user_data(VARIATIONS[name]).encode()) < MOST_BYTES - 1024


def test_what_does_not_fit_is_refused() -> None:
    labels = {f"label-{number}": "x" * 60 for number in range(90)}
    with pytest.raises(InvalidRequest, match=r"Group cpu: the user data has [\d,]+ bytes"):
        user_data(replace(WORKER, labels=labels))


def test_words_are_quoted_for_the_shell() -> None:
    labels = {"it's": '$(reboot) `x` "y" \\'}
    files = YAML(typ="safe", pure=True).load(user_data(replace(WORKER, labels=labels)))
    settings = files["write_files"][0]["content"]
    ran = subprocess.run(
        ["bash", "-c", settings + 'printf "%s" "${RAY_START[@]: -1}"'],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ran.stdout == '--labels=it\'s=$(reboot) `x` "y" \\'


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"url": "mobula.example.org"}, "Mobula's address is 'mobula.example.org'"),
        ({"url": "ftp://mobula.example.org"}, "ftp"),
        ({"join_token": "s3cret"}, "join token is not 64"),
        ({"image": "ray; reboot"}, "Image 'ray; reboot' is not an image URI"),
        ({"image": "ray@sha256:12"}, "Image 'ray@sha256:12'"),
        ({"image": "-v"}, "Image '-v'"),
        ({"ray_version": "nightly"}, "'nightly' is not a Ray version"),
        ({"resources": {"CPU": 1.5}}, "Group cpu: CPU is 1.5"),
        ({"labels": {"a": "b,c=d"}}, "Label 'a' has the value 'b,c=d'"),
        ({"labels": {"a": "b\0"}}, "cannot be passed to a node"),
        ({"labels": {"a": "\x1b[0m"}}, "cannot be passed to a node"),
        ({"machines": Machines(functions="", local_disks="/dev/$(x)")}, "Local disks"),
        ({"lifetime": timedelta(minutes=5)}, "Lifetime is 5 minutes"),
        ({"silence": timedelta(0)}, "Silence is 0 minutes"),
    ],
)
def test_value_that_cannot_work_is_named(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        user_data(replace(WORKER, **changes))
    assert sentence in str(refusal.value)
    assert "s3cret" not in str(refusal.value)


def test_join_token_stands_in_no_representation() -> None:
    assert HEAD.join_token not in repr(HEAD)
