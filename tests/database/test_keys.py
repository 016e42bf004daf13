"""The secret key: replaced without loss, refused when it is short."""

import os
import stat
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from mobula import env
from mobula.cli import main
from mobula.keys import KeyFiles
from mobula.stack.errors import StackError
from mobula.stack.home import ROOT, Home

KEY, FALLBACKS = "MOBULA_SECRET_KEY", "MOBULA_SECRET_KEY_FALLBACKS"
SHORT = ["", "short", "x" * 49, "ab" * 40]


@pytest.fixture
def files(home: Home, monkeypatch: pytest.MonkeyPatch) -> KeyFiles:
    """The keys of a home that the command line acts on."""
    monkeypatch.delenv(KEY)
    monkeypatch.setenv("MOBULA_HOME", str(home.path))
    return KeyFiles(home.path)


def rotate_key(*options: str) -> int:
    return main(["manage", "rotate_key", *options])


def test_the_old_key_stays_accepted_until_it_is_dropped(files: KeyFiles, home: Home) -> None:
    first = files.key()
    assert rotate_key() == 0
    second = files.key()
    assert rotate_key() == 0
    third = files.key()
    assert len({first, second, third}) == 3
    assert home.key_environment() == {KEY: third, FALLBACKS: f"{second},{first}"}
    for file in (files.current, files.replaced):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    files.note_served(third)
    assert rotate_key("--drop-old") == 0
    assert home.key_environment() == {KEY: third, FALLBACKS: ""}


def test_old_keys_are_not_dropped_before_mobula_has_started_with_the_new_one(
    files: KeyFiles, capsys: pytest.CaptureFixture[str]
) -> None:
    first = files.key()
    files.note_served(first)
    rotate_key()
    assert rotate_key("--drop-old") == 2
    assert "restart `mobula up` and try again" in capsys.readouterr().err
    assert files.fallbacks() == [first]


def test_a_crash_between_the_two_files_changes_nothing(
    files: KeyFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = files.key()
    monkeypatch.setattr("mobula.keys.new_key", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        files.rotate()
    assert (files.key(), files.fallbacks()) == (first, [])


def test_a_key_of_the_environment_is_replaced_there(
    files: KeyFiles, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(KEY, "k" * 30 + "0123456789abcdefghijk")
    assert rotate_key() == 2
    assert "MOBULA_SECRET_KEY_FALLBACKS" in capsys.readouterr().err
    assert not files.replaced.exists()


@pytest.mark.parametrize("key", SHORT)
def test_a_short_key_is_refused_by_every_process(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, key)
    with pytest.raises(ImproperlyConfigured, match=f"{KEY} has {len(key)} characters"):
        env.secret(KEY)


@pytest.mark.parametrize("key", SHORT)
def test_a_short_key_in_the_file_is_refused(files: KeyFiles, home: Home, key: str) -> None:
    files.current.write_text(key)
    with pytest.raises(StackError, match=r"secret-key has \d+ characters"):
        home.key_environment()


def test_mobula_up_refuses_a_short_key_with_a_sentence(home: Home) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "mobula.cli", "up"],
        env={**os.environ, "MOBULA_HOME": str(home.path), KEY: "12345"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith("mobula: MOBULA_SECRET_KEY has 5 characters")
