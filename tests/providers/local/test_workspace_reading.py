"""One file of a workspace is read for those whom it is shared with, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from providers.base import InvalidRequest
from providers.local.workspaces import reading
from providers.local.workspaces.reading import read


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A workspace, and a secret beside it to which its owner made links."""
    top = tmp_path / "lab" / "files"
    (top / "sub").mkdir(parents=True)
    (top / "train.py").write_text("print(1)\n")
    (top / "sub" / "naïve & co.txt").write_text("hello")
    (top / ".env").write_text("hidden")
    (top / ".git").mkdir()
    (top / ".git" / "config").write_text("hidden")
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "lab" / "jupyter.log").write_text("secret")
    (top / "link.py").symlink_to(tmp_path / "secret")
    (top / "folder").symlink_to(tmp_path)
    os.mkfifo(top / "pipe")
    return tmp_path / "lab"


@pytest.mark.parametrize(
    ("path", "content"), [("train.py", b"print(1)\n"), ("sub/naïve & co.txt", b"hello")]
)
def test_a_listed_file_is_read(place: Path, path: str, content: bytes) -> None:
    assert read(place, path) == content


@pytest.mark.parametrize(
    "path",
    [
        *("", "/", "sub", "sub/", "gone.py", "gone/train.py", "train.py/x", "a\0b", "x" * 5000),
        *("../jupyter.log", "sub/../../jupyter.log", "./train.py", "/etc/passwd", "//etc/passwd"),
        *("link.py", "folder/secret", "folder", "pipe", ".env", ".git/config"),
    ],
)
def test_nothing_else_is(place: Path, path: str) -> None:
    with pytest.raises(InvalidRequest, match="There is no file"):
        read(place, path)


def test_files_that_are_a_link_themselves_are_not(place: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "files").symlink_to(place / "files")
    for each in (other, tmp_path / "none"):
        with pytest.raises(InvalidRequest, match="no files"):
            read(each, "train.py")


def test_what_is_too_large_is_for_jupyterlab(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_READ_BYTES", 8)
    with pytest.raises(InvalidRequest, match="Open it in JupyterLab"):
        read(place, "train.py")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has files of several users")
def test_a_hard_link_to_another_user_s_file_is_not_read(place: Path) -> None:
    os.chown(place / "files", 12345, 12345)
    with pytest.raises(InvalidRequest, match="There is no file"):
        read(place, "train.py")


def test_no_descriptor_stays_open(place: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for path in ("train.py", "sub/naïve & co.txt", "folder/secret", "gone/a"):
        try:
            read(place, path)
        except InvalidRequest:
            continue
    assert len(list(Path("/proc/self/fd").iterdir())) == before
