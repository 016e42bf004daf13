"""MOBULA_HOME: private, locked, and clear about what is wrong with it."""

import errno
import os
import pwd
import shutil
import stat
from pathlib import Path

import pytest

from mobula.stack.errors import StackError
from mobula.stack.home import ROOT, Home
from mobula.stack.postgres import PostgresServer

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root starts it as another account")


def test_it_is_var_unless_the_environment_says_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MOBULA_HOME")
    assert Home.from_environment().path == ROOT / "var"
    monkeypatch.setenv("MOBULA_HOME", str(tmp_path / "elsewhere"))
    assert Home.from_environment().path == tmp_path / "elsewhere"


def test_the_secret_key_is_made_once_and_is_private(home: Home) -> None:
    key = home.secret_key()
    assert len(key) >= 50
    assert home.secret_key() == key
    assert stat.S_IMODE((home.path / "secret-key").stat().st_mode) == 0o600
    assert not (home.path / "secret-key.new").exists()


def test_logs_and_pid_files_are_private(home: Home) -> None:
    assert {stat.S_IMODE(path.stat().st_mode) for path in (home.log, home.run)} == {0o700}


def test_the_home_is_closed_to_others_even_if_it_was_not(home: Home) -> None:
    assert stat.S_IMODE(home.path.stat().st_mode) == 0o700
    home.path.chmod(0o711)
    home.close_to_others()
    assert stat.S_IMODE(home.path.stat().st_mode) == 0o700


@as_root
def test_as_root_database_files_of_an_earlier_version_move_out_before_the_home_is_closed(
    home: Home, short_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mobula.stack.accounts.STATE_ROOTS", (short_path,))
    home.path.chmod(0o711)
    home.postgres.mkdir(mode=0o700)
    shutil.chown(home.postgres, "nobody")
    (home.postgres / "data").write_text("precious")
    home.close_to_others()
    assert home.postgres.is_symlink()
    assert (home.postgres / "data").read_text() == "precious"
    assert home.postgres.resolve().stat().st_uid == pwd.getpwnam("nobody").pw_uid
    assert stat.S_IMODE(home.path.stat().st_mode) == 0o700
    assert PostgresServer(home.postgres).data == home.postgres.resolve() / "data"


@as_root
def test_as_root_a_home_whose_database_cannot_move_stays_passable(
    home: Home, short_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other_disk(*_: object) -> None:
        raise OSError(errno.EXDEV, "other disk")

    monkeypatch.setattr("mobula.stack.accounts.STATE_ROOTS", (short_path,))
    monkeypatch.setattr(Path, "rename", other_disk)
    home.path.chmod(0o711)
    home.postgres.mkdir(mode=0o700)
    home.close_to_others()
    assert not home.postgres.is_symlink()
    assert stat.S_IMODE(home.path.stat().st_mode) == 0o711


def test_a_second_holder_is_told_who_has_it(home: Home) -> None:
    with home.locked(), pytest.raises(StackError) as refused, Home(home.path).locked():
        pytest.fail("two held it")
    assert f"process {os.getpid()}" in str(refused.value)
    assert str(home.path) in str(refused.value)


def test_the_lock_is_free_again_afterwards(home: Home) -> None:
    with home.locked():
        pass
    with Home(home.path).locked():
        pass


def test_a_full_disk_is_refused_with_the_next_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=120 * 2**20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(StackError, match=r"Only 120 MiB are free in .*set MOBULA_HOME"):
        Home(tmp_path / "home").open()


def test_a_home_that_is_a_file_is_refused_with_the_next_step(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(StackError, match=r"home cannot be written \(File exists\)"):
        Home(tmp_path / "home").open()


def test_a_disk_that_fills_up_later_is_named(home: Home) -> None:
    with pytest.raises(StackError, match="is full: make room"), home.explained():
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "somewhere")
