"""Code comes from Git as plain files of one commit, within bounds, or with a reason why not."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from pytest_django import Settings

from domain.promotions.archives import BadArchive
from domain.promotions.code import GitSource
from promotions.code import git
from promotions.code.git import GitError
from tests.doubles.git_server import GitServer
from tests.doubles.git_server import git as run_git


def source(server: GitServer, ref: str = "", folder: str = "") -> GitSource:
    return GitSource(url=server.url, ref=ref, folder=folder)


def test_the_default_branch_comes_whole_with_its_commit(git_server: GitServer) -> None:
    tool = git_server.tree / "tool.sh"
    tool.write_text("echo\n")
    tool.chmod(0o755)
    commit = git_server.push()
    found = git.fetch(source(git_server))
    assert found.commit == commit
    assert {file.path: (file.content, file.is_executable) for file in found.files} == {
        "README.md": (b"Checks.\n", False),
        "checks/run.py": (b"print('checked')\n", False),
        "tool.sh": (b"echo\n", True),
    }


def test_a_branch_a_tag_and_a_commit_name_what_they_had(git_server: GitServer) -> None:
    git_server.tag("v1")
    first = git.fetch(source(git_server, "v1")).commit
    second = git_server.commit({"checks/run.py": "print('more')\n"}, branch="next")
    assert first != second
    assert git.fetch(source(git_server, "next")).commit == second
    assert git.fetch(source(git_server, "main")).commit == first
    assert git.fetch(source(git_server, first)).commit == first


def test_a_folder_becomes_the_working_directory(git_server: GitServer) -> None:
    found = git.fetch(source(git_server, folder="checks"))
    assert [file.path for file in found.files] == ["run.py"]
    for missing in ("absent", "README.md"):
        with pytest.raises(GitError, match=f"has no folder '{missing}' at"):
            git.fetch(source(git_server, folder=missing))


def test_a_ref_that_is_not_there_is_named_and_not_tried_again(git_server: GitServer) -> None:
    for ref in ("absent", "0" * 40, "abc1234"):
        with pytest.raises(GitError, match=f"no branch, tag or commit '{ref}'") as failure:
            git.fetch(source(git_server, ref))
        assert not failure.value.retryable


def test_links_and_submodules_are_refused_by_name(git_server: GitServer) -> None:
    (git_server.tree / "link").symlink_to("/etc/passwd")
    git_server.push()
    with pytest.raises(BadArchive, match="'link' is a symbolic link"):
        git.fetch(source(git_server))
    (git_server.tree / "link").unlink()
    commit = run_git(git_server.tree, "rev-parse", "HEAD").strip()
    run_git(git_server.tree, "update-index", "--add", "--cacheinfo", f"160000,{commit},inner")
    (git_server.tree / "inner").mkdir()
    git_server.push()
    with pytest.raises(BadArchive, match="'inner' is a submodule"):
        git.fetch(source(git_server))
    assert git.fetch(source(git_server, folder="checks")).files


def test_what_is_too_much_is_refused_before_it_is_read(
    git_server: GitServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domain.promotions.archives.MOST_FILES", 1)
    with pytest.raises(BadArchive, match="It has 2 files; at most 1"):
        git.fetch(source(git_server))
    monkeypatch.setattr(git, "MOST_REPOSITORY_BYTES", 10)
    with pytest.raises(GitError, match="has more than 0 MiB in one commit") as failure:
        git.fetch(source(git_server))
    assert not failure.value.retryable


def test_credentials_go_to_their_host_and_into_no_message(
    git_server: GitServer, settings: Settings
) -> None:
    git_server.credentials = "ci:secret-token"
    for given in ({}, {"example.org": "ci:secret-token"}, {"127.0.0.1": "ci:wrong-token"}):
        settings.GIT_CREDENTIALS = given
        with pytest.raises(GitError, match="MOBULA_GIT_CREDENTIALS") as failure:
            git.fetch(source(git_server))
        assert not failure.value.retryable
        assert "token" not in str(failure.value)
    settings.GIT_CREDENTIALS = {"127.0.0.1": "ci:secret-token"}
    assert git.fetch(source(git_server)).files


def test_a_server_that_does_not_answer_is_left_after_a_while(
    git_server: GitServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    git_server.is_silent = True
    monkeypatch.setattr(git, "SECONDS", 1.0)
    began = time.monotonic()
    with pytest.raises(GitError, match="did not finish within 1 seconds") as failure:
        git.fetch(source(git_server))
    assert failure.value.retryable
    assert time.monotonic() - began < 10


def test_a_server_that_is_away_may_be_asked_again(settings: Settings) -> None:
    settings.GIT_HTTP_HOSTS = ["127.0.0.1"]
    with pytest.raises(GitError, match=r"could not fetch http://127\.0\.0\.1:9/x\.git") as failure:
        git.fetch(GitSource(url="http://127.0.0.1:9/x.git"))
    assert failure.value.retryable


def test_protocols_that_read_this_machine_are_closed(git_server: GitServer, tmp_path: Path) -> None:
    marker = tmp_path / "run"
    folder = f"{tmp_path}/checks.git"
    assert git_server.url
    for url in (f"file://{folder}", folder, f"ext::{marker}", f"git://127.0.0.1{folder}"):
        with pytest.raises(GitError, match=r"is not accepted|is no URL"):
            git.fetch(GitSource(url=url))
    with pytest.raises(GitError, match="is no branch"):
        git.fetch(GitSource(url=git_server.url, ref="--upload-pack=touch"))
    assert not marker.exists()


def test_without_git_the_message_says_what_to_do(
    git_server: GitServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitError, match="Git is not installed where Mobula's workers run") as error:
        git.fetch(source(git_server))
    assert not error.value.retryable
