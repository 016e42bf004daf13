"""Files of workspaces on this machine: what users wrote is never followed."""

from __future__ import annotations

import os
from pathlib import Path
from unittest.mock import patch

import pytest

from providers.base import InvalidRequest, ProviderError
from providers.errors import Throttled
from providers.local import accounts
from providers.local.accounts import ClusterAccount
from providers.local.workspaces import files as workspaces
from providers.local.workspaces.files import WorkspaceFiles, hand_over, place_of, take_back

ONE, TWO = "1" * 32, "2" * 32
IS_ROOT = os.geteuid() == 0


class Files(WorkspaceFiles):
    """The files below a directory of the test's own."""

    def __init__(self, root: Path) -> None:
        self.root = root


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    monkeypatch.setattr(accounts, "STATE", tmp_path / "state")
    return Files(tmp_path / "home" / "local")


def begun(files: Files, workspace_id: str = ONE) -> Path:
    """Return files/ of a workspace that has a script and a folder."""
    place = place_of(files.root, workspace_id)
    hand_over(place, None)
    top = place / "files"
    (top / "sub").mkdir(parents=True)
    (top / "train.py").write_text("print(1)\n")
    (top / "sub" / "notes.txt").write_text("hello")
    return top


def paths(files: Files, workspace_id: str = ONE) -> list[str]:
    return [file.path for file in files.list_files(workspace_id)]


def test_files_and_folders_are_listed_by_path(files: Files) -> None:
    begun(files)
    listed = files.list_files(ONE)
    assert [(f.path, f.size_bytes, f.is_folder) for f in listed if not f.is_folder] == [
        ("sub/notes.txt", 5, False),
        ("train.py", 9, False),
    ]
    assert paths(files) == ["sub", "sub/notes.txt", "train.py"]


def test_a_workspace_that_never_started_has_none(files: Files) -> None:
    assert paths(files) == []


def test_links_pipes_and_hidden_files_are_not_listed(files: Files) -> None:
    top = begun(files)
    (top / "link.py").symlink_to("/etc/passwd")
    (top / "folder").symlink_to("/etc")
    (top / ".secret").write_text("x")
    (top / ".git").mkdir()
    (top / ".git" / "config").write_text("x")
    os.mkfifo(top / "pipe")
    assert paths(files) == ["sub", "sub/notes.txt", "train.py"]


def test_files_that_are_a_link_themselves_are_nobody_s(files: Files) -> None:
    place = place_of(files.root, ONE)
    hand_over(place, None)
    (place / "files").symlink_to("/etc")
    assert paths(files) == []
    files.copy_files(ONE, TWO)
    assert paths(files, TWO) == []


def test_no_more_files_are_listed_than_are_kept(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspaces, "MOST_LISTED", 2)
    begun(files)
    assert len(paths(files)) == 2


def test_a_copy_has_the_files_and_no_link(files: Files) -> None:
    top = begun(files)
    (top / "link.py").symlink_to("/etc/passwd")
    (top / "folder").symlink_to("/etc")
    os.mkfifo(top / "pipe")
    files.copy_files(ONE, TWO)
    copied = place_of(files.root, TWO) / "files"
    assert (copied / "train.py").read_text() == "print(1)\n"
    assert (copied / "sub" / "notes.txt").read_text() == "hello"
    assert sorted(path.name for path in copied.iterdir()) == ["sub", "train.py"]


def test_a_second_copy_changes_nothing(files: Files) -> None:
    begun(files)
    files.copy_files(ONE, TWO)
    (place_of(files.root, TWO) / "files" / "mine.py").write_text("2")
    files.copy_files(ONE, TWO)
    assert "mine.py" in paths(files, TWO)


def test_one_copy_at_a_time_is_made(files: Files) -> None:
    begun(files)
    copied = workspaces._copy_tree

    def twice(origin: Path, draft: Path) -> None:
        with pytest.raises(Throttled, match="being copied"):
            files.copy_files(ONE, TWO)
        copied(origin, draft)

    with patch.object(workspaces, "_copy_tree", twice):
        files.copy_files(ONE, TWO)
    assert "train.py" in paths(files, TWO)


def test_a_copy_that_was_broken_off_begins_anew(files: Files) -> None:
    begun(files)
    with (
        patch.object(workspaces, "_copy_file", side_effect=OSError("no space left")),
        pytest.raises(ProviderError, match="no space left"),
    ):
        files.copy_files(ONE, TWO)
    assert paths(files, TWO) == []
    assert list(place_of(files.root, TWO).iterdir()) == []  # its room is free again
    files.copy_files(ONE, TWO)
    assert "train.py" in paths(files, TWO)


def test_what_a_killed_worker_left_of_a_copy_is_replaced(files: Files) -> None:
    begun(files)
    left = place_of(files.root, TWO) / ".files-copied"
    left.mkdir(parents=True)
    (left / "half").write_text("x")
    files.copy_files(ONE, TWO)
    assert paths(files, TWO) == ["sub", "sub/notes.txt", "train.py"]
    assert not left.exists()


def test_too_much_is_not_copied(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspaces, "MOST_COPIED_BYTES", 10)
    begun(files)
    with pytest.raises(InvalidRequest, match="Copy some by hand"):
        files.copy_files(ONE, TWO)


def test_removed_files_are_gone(files: Files) -> None:
    top = begun(files)
    files.remove_files(ONE)
    files.remove_files(ONE)
    assert not top.parent.exists()


@pytest.mark.parametrize("workspace_id", ["", "..", "../../etc", "A" * 32, "1" * 31, f"{ONE}\n"])
def test_only_ids_name_a_place(files: Files, workspace_id: str) -> None:
    with pytest.raises(InvalidRequest):
        files.list_files(workspace_id)


@pytest.mark.skipif(not IS_ROOT, reason="only root gives directories away")
class TestAsRoot:
    """Each cluster is another user: what one wrote, the next reads, and nobody between them."""

    FIRST, SECOND = ClusterAccount(accounts.FIRST_ID), ClusterAccount(accounts.FIRST_ID + 1)

    def owners(self, place: Path) -> set[int]:
        found = [place, *place.rglob("*")]
        return {path.lstat().st_uid for path in found}

    def test_the_next_cluster_gets_everything(self, files: Files) -> None:
        place = begun(files).parent
        for account in (self.FIRST, self.SECOND):
            hand_over(place, account)
            assert self.owners(place) == {account.uid}
            take_back(place)
            assert place.lstat().st_uid == 0
            assert place.lstat().st_mode & 0o777 == 0o700

    def test_what_belongs_to_somebody_else_is_not_given_away(
        self, files: Files, tmp_path: Path
    ) -> None:
        top = begun(files)
        hand_over(top.parent, self.FIRST)
        theirs = tmp_path / "theirs"
        theirs.write_text("x")
        os.link(theirs, top / "hard.py")
        (top / "soft.py").symlink_to(theirs)
        hand_over(top.parent, self.SECOND)
        assert theirs.lstat().st_uid == 0
        assert (top / "train.py").lstat().st_uid == self.SECOND.uid

    def test_a_hard_link_to_another_user_s_file_is_not_copied(
        self, files: Files, tmp_path: Path
    ) -> None:
        top = begun(files)
        hand_over(top.parent, self.FIRST)
        theirs = tmp_path / "secret"
        theirs.write_text("secret")
        os.link(theirs, top / "hard.py")
        files.copy_files(ONE, TWO)
        assert "hard.py" not in paths(files, TWO)
        assert "train.py" in paths(files, TWO)
